"""Every attribute against cases worked out by hand, all in one archive so that they run at once."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from data.storage.archive import Archive
from data.storage.profiles import profile_spine
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, Column, archive_tables, season_start
from model.profile.dictionary import member_dictionary

CASES = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))
AS_OF = date(2023, 10, 1)
#: The tables that attributes read.
TABLES = {name for each in member_dictionary() for name in each.source} - {"members"}
IDENTIFIERS = {"member_id", "loan_id", "household_id", "account_id", "cooperative_id"}
FILLED: dict[str, dict[str, Any]] = {
    "villages": {"county": "县", "township": "镇", "village": "村"},
    "members": {
        "id_number": "999901198001010015", "name": "某某", "gender": "male",
        "birth_date": date(1980, 1, 1), "household_id": "H1", "occupation": "grower",
        "joined_on": date(2020, 1, 1), "consent_given_on": date(2020, 1, 1),
    },
    "plots": {"crop": "wheat", "tenure": "own", "area_mu": 1},
    "parcels": {"sent": 0, "received": 0},
    "cooperative_sales": {"channel": "youle"},
    "sales": {"channel": "youle", "orders": 1, "amount": 1, "refunds": 0},
    "cashflow": {"average_balance": 0},
    "assessments": {"assessor_id": "A1"},
    "loans": {
        "decision": "approved", "amount": 1000, "months": 12, "repayment": "equal_instalments",
    },
    "repayments": {"due": 0, "paid": 0, "days_past_due": 0, "balance": 0},
}  # fmt: skip


def _id(number: int, name: str) -> str:
    return f"{number:03d}-{name}"


def _recorded(table: str, row: Mapping[str, Any]) -> date:
    """Return the day of the event, a month's event being its end."""
    if table == "villages":
        return date(2020, 1, 1)
    name = archive_tables()[table].event
    if name is None:
        # An instalment is known from the day of its payment, or of the loan.
        return row.get("paid_on") or date(2020, 1, 1)
    event = row[name]
    if table == "plots":
        return season_start(event)
    last = monthrange(event.year, event.month)[1]
    return event.replace(day=last) if "month" in row else event


def _stored(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind == "month":
        return date.fromisoformat(f"{value}-01") if isinstance(value, str) else value
    if column.kind in ("money", "number"):
        return Decimal(str(value))
    return value


def _row(number: int, table: str, given: Mapping[str, Any]) -> dict[str, Any]:
    village = f"371502{number:03d}001"
    row = {"member_id": "M1", "village_code": village, **FILLED.get(table, {}), **given}
    if table == "loans":
        row = {"applied_on": row.get("disbursed_on"), **row}
    columns = archive_tables()[table].columns
    row = {name: _stored(column, row.get(name)) for name, column in columns.items()}
    for name in IDENTIFIERS & row.keys():
        row[name] = _id(number, row[name])
    when = given.get("recorded_at", _recorded(table, row))
    return {**row, "recorded_at": datetime.combine(when, time(9))}


def _rows(table: str) -> list[dict[str, Any]]:
    nothing = [{}] if table == "members" else []
    return [
        _row(number, table, given)
        for number, case in enumerate(CASES)
        for given in case.get(table, nothing)
    ]


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The profile of each case's M1."""
    archive = Archive(tmp_path_factory.mktemp("cases"))
    for table, spec in archive_tables().items():
        schema = pa.schema([field for field in arrow_schema(spec) if field.name != EVENT_ON])
        archive.append(table, pa.Table.from_pylist(_rows(table), schema))
    spine = pa.table(
        {
            "member_id": [_id(number, "M1") for number in range(len(CASES))],
            "as_of": [case.get("as_of", AS_OF) for case in CASES],
        }
    )
    found = profile_spine(archive, spine).to_pylist()
    return [{**each, "household_id": each["household_id"][4:]} for each in found]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[c["sentence"] for c in CASES])
def test_a_profile_is_what_was_worked_out_by_hand(
    profiles: list[dict[str, Any]], number: int
) -> None:
    expected = CASES[number]["expect"]
    found = {name: profiles[number][name] for name in expected}
    assert found == expected


def test_every_attribute_has_a_case_in_which_it_has_a_value() -> None:
    valued = {n for case in CASES for n, value in case["expect"].items() if value is not None}
    assert valued == set(member_dictionary().attributes)


def test_every_table_that_an_attribute_reads_has_a_case() -> None:
    assert {name for case in CASES for name in case if name in archive_tables()} >= TABLES
