"""Consent in force as the terms of each as-of date ask for it, on the rows of one archive."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from data.storage.schema import arrow_schema, with_event_date
from model.archive.tables import EVENT_ON, archive_tables
from model.profile.consent_terms import FIRST_TERMS, ConsentTerms, DatedTerms
from model.profile.flows.consents import consents
from model.profile.point_in_time import PointInTime

EARLY, LATE, TURN = date(2023, 10, 1), date(2024, 6, 1), date(2024, 1, 1)
GIVEN = date(2022, 3, 1)
STRICT = ConsentTerms(("personal_information", "credit_bureau", "data_sharing"), ("bank",))
BOTH = ("personal_information", "credit_bureau")


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    spec = archive_tables()[name]
    schema = pa.schema([field for field in arrow_schema(spec) if field.name != EVENT_ON])
    filled = [{field.name: row.get(field.name) for field in schema} for row in rows]
    return with_event_date(spec, pa.Table.from_pylist(filled, schema))


def _member(**columns: Any) -> dict[str, Any]:
    return {
        "member_id": "M1", "id_number": "999901198001010015", "name": "某某",
        "village_code": "999901001001", "household_id": "H1", "occupation": "grower",
        "joined_on": date(2020, 1, 1), "recorded_at": datetime.fromisoformat("2020-01-01"),
        **columns,
    }  # fmt: skip


def _spell(purpose: str, recipient: str, withdrawn_on: date | None = None) -> dict[str, Any]:
    return {
        "member_id": "M1", "purpose": purpose, "recipient": recipient, "given_on": GIVEN,
        "withdrawn_on": withdrawn_on, "recorded_at": datetime.fromisoformat("2022-03-01"),
    }  # fmt: skip


def _in_force(
    member: dict[str, Any], spells: list[dict[str, Any]], terms: DatedTerms
) -> tuple[bool, bool]:
    connection = ibis.duckdb.connect()
    rows = {"members": _table("members", [member]), "consents": _table("consents", spells)}
    tables = {name: connection.create_table(name, ibis.memtable(t)) for name, t in rows.items()}
    spine = pa.table({"member_id": ["M1", "M1"], "as_of": [EARLY, LATE]})
    now = PointInTime(tables, connection.create_table("spine", ibis.memtable(spine)), terms)
    found = consents.rows(now).order_by("as_of").to_pyarrow()["in_force"].to_pylist()
    early, late = found
    return bool(early), bool(late)


#: From `TURN` a decision needs more purposes, and the bank's own consent.
DATED: DatedTerms = ((date.min, FIRST_TERMS), (TURN, STRICT))


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([_spell(each, "bank") for each in STRICT.purposes], (True, True)),
        ([_spell(each, "bank") for each in BOTH], (True, False)),
        ([_spell(each, "unstated") for each in STRICT.purposes], (True, False)),
        ([_spell(each, "post") for each in STRICT.purposes], (False, False)),
        (
            [*(_spell(each, "bank") for each in BOTH),
             _spell("data_sharing", "bank", date(2023, 1, 1))],
            (True, False),
        ),
    ],
    ids=["all to the bank", "two purposes", "no recipient", "the Post", "one withdrawn"],
)  # fmt: skip
def test_the_terms_of_the_as_of_date_decide_what_counts(
    spells: list[dict[str, Any]], expected: tuple[bool, bool]
) -> None:
    assert _in_force(_member(), spells, DATED) == expected


def test_a_column_of_a_members_file_covers_what_its_header_names_and_no_recipient() -> None:
    sharing = {"sharing_consent_given_on": GIVEN}
    assert _in_force(_member(consent_given_on=GIVEN), [], DATED) == (True, False)
    every = ((date.min, ConsentTerms(STRICT.purposes, ("bank", "unstated"))),)
    assert _in_force(_member(consent_given_on=GIVEN), [], every) == (False, False)
    assert _in_force(_member(consent_given_on=GIVEN, **sharing), [], every) == (True, True)
