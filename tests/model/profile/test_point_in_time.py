"""Laws of the profile: nothing later leaks in, and order, parts and company change nothing.

Whole archives are drawn from the contract, with few members, keys and days, so that corrections,
ties and late rows meet often; Hypothesis draws the seeds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data.storage.engines import connect
from data.storage.schema import arrow_schema, with_event_date
from model.archive.tables import EVENT_ON, Column, archive_tables
from model.profile.dictionary import member_dictionary
from model.profile.flows import formulas
from model.profile.flows.land import yields
from model.profile.point_in_time import KEYS
from model.profile.profile import build_profile

AS_OF = date(2023, 10, 9)
EARLIER = date(2022, 12, 1)
Rows = Mapping[str, list[dict[str, Any]]]

MEMBERS = tuple(f"M{number:02d}" for number in range(30))
OFFSETS = (-1500, -800, -400, -200, -40, -2, -1, 0, 1, 40)
IDENTIFIERS: Mapping[str, Sequence[str]] = {
    "member_id": MEMBERS,
    "household_id": [f"H{number}" for number in range(15)],
    "loan_id": [f"L{number}" for number in range(40)],
    "assessor_id": ["A1"],
    "name": ["某某"],
    "id_number": ["999901198001010015"],
}
DAYS = [AS_OF + timedelta(days=offset) for offset in OFFSETS]
KINDS: Mapping[str, Sequence[Any]] = {
    "identifier": [f"X{number}" for number in range(20)],
    "text": ["某"],
    "phone": ["13000000000"],
    "village": ["371502001001", "371502001002", "371503001001"],
    "place": ["371502", "371502001", "371503001001"],
    "integer": range(4),
    "number": [Decimal(number) for number in range(4)],
    "money": [Decimal(number) / 4 for number in range(4)],
    "date": DAYS,
    "month": [day.replace(day=1) for day in DAYS],
    "season": ["2021-A", "2022-S", "2022-A", "2023-G", "2023-S", "2024-S"],
    "flag": [True, False],
    "timestamp": [datetime.combine(day, hour) for day in DAYS for hour in (time(0), time(9))],
}


def _value(column: Column, luck: random.Random) -> Any:
    choices = sorted(column.choices) or KINDS.get(column.kind, ())
    value = luck.choice(IDENTIFIERS.get(column.name, choices))
    return None if column.optional and luck.random() < 0.2 else value


def _archive(luck: random.Random) -> Rows:
    return {
        name: [
            {column.name: _value(column, luck) for column in table.columns.values()}
            for _ in range(luck.randrange(150))
        ]
        for name, table in archive_tables().items()
    }


ARCHIVES = st.integers(0, 2**32).map(lambda seed: _archive(random.Random(seed)))


def _stored(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    spec = archive_tables()[name]
    schema = pa.schema([field for field in arrow_schema(spec) if field.name != EVENT_ON])
    return with_event_date(spec, pa.Table.from_pylist(rows, schema))


class _Bench:
    """Compiles the profile once and runs it over whatever rows the tables hold."""

    def __init__(self) -> None:
        self.connection = connect()
        self.fill({name: [] for name in archive_tables()}, [])
        tables = {name: self.connection.table(name) for name in archive_tables()}
        profile = build_profile(tables, self.connection.table("spine"))
        self.sql = str(ibis.to_sql(profile.order_by("member_id", "as_of")))

    def fill(self, rows: Rows, spine: list[tuple[str, date]]) -> None:
        stored = {name: _stored(name, found) for name, found in rows.items()}
        members, dates = [m for m, _ in spine], [d for _, d in spine]
        stored["spine"] = pa.table(
            {"member_id": pa.array(members, pa.string()), "as_of": pa.array(dates, pa.date32())}
        )
        for name, table in stored.items():
            self.connection.con.register("given", table)
            self.connection.con.execute(f'create or replace table "{name}" as from given')
            self.connection.con.unregister("given")

    def profile(self, rows: Rows, spine: list[tuple[str, date]]) -> list[tuple[Any, ...]]:
        self.fill(rows, spine)
        found: list[tuple[Any, ...]] = self.connection.con.execute(self.sql).fetchall()
        return found


@pytest.fixture(scope="module")
def bench() -> _Bench:
    return _Bench()


COLUMNS = (*KEYS, *member_dictionary().attributes)
SPINE = [(member, AS_OF) for member in MEMBERS]
# A smaller seed is not a smaller archive: shrinking would only take time.
SEVERAL = settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])


def _visible(name: str, rows: list[dict[str, Any]], as_of: date) -> list[dict[str, Any]]:
    """Return the rows known before `as_of`, worked out row by row, apart from the product."""
    events = _stored(name, rows)[EVENT_ON].to_pylist()
    midnight = datetime.combine(as_of, time(0))
    return [
        row
        for row, event in zip(rows, events, strict=True)
        if event < as_of and row["recorded_at"] < midnight
    ]


@SEVERAL
@given(rows=ARCHIVES)
def test_a_row_recorded_or_happening_later_changes_nothing(bench: _Bench, rows: Rows) -> None:
    known = {name: _visible(name, found, AS_OF) for name, found in rows.items()}
    assert bench.profile(rows, SPINE) == bench.profile(known, SPINE)


def _by(name: str, rows: list[dict[str, Any]], *more: str) -> list[dict[str, Any]]:
    """Return the last of `rows` for each key, and for each value of `more` columns."""
    columns = (*archive_tables()[name].key, *more)
    return list({tuple(row[each] for each in columns): row for row in rows}.values())


@SEVERAL
@given(rows=ARCHIVES)
def test_of_the_versions_known_only_the_latest_counts(bench: _Bench, rows: Rows) -> None:
    versions = {name: _by(name, found, "recorded_at") for name, found in rows.items()}
    latest = {
        name: _by(name, sorted(_visible(name, found, AS_OF), key=lambda row: row["recorded_at"]))
        for name, found in versions.items()
    }
    found, expected = (bench.profile(each, SPINE) for each in (versions, latest))
    assert _own(found) == _own(expected)


def _own(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return `rows` without what compares with the township, whose day is the month's first."""
    compared = {name for name, each in formulas().items() if each.view is yields}
    kept = [at for at, name in enumerate(COLUMNS) if name not in compared]
    return [tuple(row[at] for at in kept) for row in rows]


@SEVERAL
@given(rows=ARCHIVES, seed=st.integers(0, 9))
def test_neither_order_nor_repetition_of_rows_matters(bench: _Bench, rows: Rows, seed: int) -> None:
    mixed = {
        name: random.Random(seed).sample(found * 2, len(found) * 2) for name, found in rows.items()
    }
    assert bench.profile(rows, SPINE) == bench.profile(mixed, SPINE)


@settings(SEVERAL, max_examples=2)
@given(rows=ARCHIVES)
def test_a_batch_of_members_and_dates_equals_each_alone(bench: _Bench, rows: Rows) -> None:
    spine = [(member, day) for member in MEMBERS for day in (EARLIER, AS_OF)]
    batch = bench.profile(rows, spine + spine[:1])
    assert batch[0] == batch[1]
    assert [row for each in spine[:5] for row in bench.profile(rows, [each])] == batch[1:6]
