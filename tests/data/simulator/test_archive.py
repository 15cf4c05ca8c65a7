"""The simulated archive: exact numbers, values within the contract, equal bytes for one seed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.branch_files.dirt import STAINS
from data.simulator.totals import latest
from data.storage.archive import Archive
from model.archive.id_numbers import birth_date_of, id_number_flaw, is_phone, sex_of
from model.archive.tables import RECORDED_AT, Column, archive_tables, season_start

TABLES = tuple(STAINS)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 1_500, 36, 54)


@pytest.fixture(scope="module")
def tables(simulation: Simulation) -> dict[str, pa.Table]:
    return simulation.tables()


def test_the_same_seed_writes_the_same_bytes(simulation: Simulation, tmp_path: Path) -> None:
    first, second = Archive(tmp_path / "first"), Archive(tmp_path / "second")
    simulation.write(first)
    simulate(load_scenario(), 1_500, 36, 54).write(second)
    assert first.digest() == second.digest()


def test_another_seed_writes_another_archive(tables: dict[str, pa.Table]) -> None:
    other = simulate(load_scenario(), 1_500, 36, 55)
    assert not other.table("cashflow").equals(tables["cashflow"])


@settings(max_examples=6, deadline=None)
@given(members=st.integers(200, 700), recorded=st.sampled_from([12, 24, 36]))
def test_the_number_of_members_is_exact(members: int, recorded: int) -> None:
    simulated = simulate(load_scenario(), members, recorded, 1)
    assert pc.count_distinct(simulated.table("members")["member_id"]).as_py() == members
    assert len(set(simulated.world.people.id_numbers)) == members


@pytest.mark.parametrize("table", TABLES)
def test_the_archive_stores_every_row(
    table: str, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    archive.append(table, tables[table])
    stored = archive.read(table)
    assert stored.num_rows == tables[table].num_rows > 0
    stored.validate(full=True)


@pytest.mark.parametrize("table", TABLES)
def test_every_value_keeps_to_the_contract(table: str, tables: dict[str, pa.Table]) -> None:
    for column in archive_tables()[table].columns.values():
        _assert_sound(column, tables[table][column.name])


@pytest.mark.parametrize("table", TABLES)
def test_checks_across_columns_hold(table: str, tables: dict[str, pa.Table]) -> None:
    rows = tables[table]
    for check in archive_tables()[table].checks:
        if check.check in ("at_most", "not_after"):
            low, high = (rows[name] for name in check.columns)
            assert pc.all(pc.fill_null(pc.less_equal(low, high), True)).as_py()
        if check.check == "known" and check.table is not None:
            (name,) = check.columns
            assert pc.all(pc.is_in(rows[name], tables[check.table][name].combine_chunks())).as_py()


@pytest.mark.parametrize("table", TABLES)
def test_a_version_is_identified_by_key_and_recording_time(
    table: str, tables: dict[str, pa.Table]
) -> None:
    rows = tables[table].select([*archive_tables()[table].key, RECORDED_AT])
    assert rows.group_by(rows.column_names).aggregate([]).num_rows == rows.num_rows


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_recorded_before_it_happens_or_after_the_end(
    table: str, tables: dict[str, pa.Table], simulation: Simulation
) -> None:
    rows = tables[table]
    recorded = rows[RECORDED_AT].cast(pa.date32())
    assert pc.max(recorded).as_py() < simulation.closing_day
    for column in archive_tables()[table].columns.values():
        if column.kind in ("date", "month") and not column.future:
            early = pc.less_equal(rows[column.name], recorded)
            assert pc.all(pc.fill_null(early, True)).as_py(), column.name
        if column.kind == "season":
            starts = pa.array([season_start(text) for text in rows[column.name].to_pylist()])
            assert pc.all(pc.less(starts, recorded.combine_chunks())).as_py()


def test_some_rows_are_late_and_some_are_corrected(tables: dict[str, pa.Table]) -> None:
    cash = tables["cashflow"]
    month_end = pc.add(cash["month"].cast(pa.int32()), pa.scalar(31, pa.int32())).cast(pa.date32())
    late = pc.mean(pc.greater(cash[RECORDED_AT].cast(pa.date32()), month_end)).as_py()
    versions = cash.num_rows / latest("cashflow", cash).num_rows
    assert 0.01 < late < 0.10
    assert 1.003 < versions < 1.05


def test_identities_are_valid_but_of_an_unassigned_region(tables: dict[str, pa.Table]) -> None:
    people = latest("members", tables["members"]).to_pylist()
    assert all(id_number_flaw(person["id_number"]) is None for person in people)
    assert {person["id_number"][:6] for person in people} == {"999901"}
    assert all(birth_date_of(person["id_number"]) == person["birth_date"] for person in people)
    assert all(sex_of(person["id_number"]) == person["gender"] for person in people)
    assert all(is_phone(person["phone"]) for person in people)


def test_hidden_traits_never_reach_the_archive(tables: dict[str, pa.Table]) -> None:
    for name, rows in tables.items():
        assert rows.column_names == list(archive_tables()[name].columns)


def test_loans_are_paid_down_as_agreed(tables: dict[str, pa.Table]) -> None:
    loans = {row["loan_id"]: row for row in latest("loans", tables["loans"]).to_pylist()}
    paid: dict[str, float] = dict.fromkeys(loans, 0.0)
    owed: dict[str, float] = dict.fromkeys(loans, 0.0)
    rows = latest("repayments", tables["repayments"]).sort_by([("month", "ascending")]).to_pylist()
    for row in rows:
        loan, amount = row["loan_id"], float(loans[row["loan_id"]]["amount"])
        paid[loan] += float(row["paid"])
        owed[loan] += float(row["due"])
        assert paid[loan] <= owed[loan] + 0.01
        assert 0 <= float(row["balance"]) <= amount
        behind = owed[loan] - paid[loan] > 0.001
        assert row["days_past_due"] == 0 if not behind else row["days_past_due"] >= 0
    assert all(loans[loan]["disbursed_on"] is not None for loan in {row["loan_id"] for row in rows})


def test_days_past_due_grow_by_the_calendar_while_nothing_is_paid(
    tables: dict[str, pa.Table],
) -> None:
    rows = latest("repayments", tables["repayments"]).sort_by(
        [("loan_id", "ascending"), ("month", "ascending")]
    )
    follows = zip(rows.to_pylist(), rows.slice(1).to_pylist(), strict=False)
    for before, after in follows:
        same = before["loan_id"] == after["loan_id"]
        if same and before["days_past_due"] and not after["paid"]:
            assert after["days_past_due"] - before["days_past_due"] == _days_in(after["month"])


def test_a_household_never_has_two_loans_at_once(tables: dict[str, pa.Table]) -> None:
    lent = latest("loans", tables["loans"]).sort_by([("disbursed_on", "ascending")])
    last_month: dict[str, date] = {}
    ends = {
        row["loan_id"]: row["month"]
        for row in latest("repayments", tables["repayments"])
        .sort_by([("month", "ascending")])
        .to_pylist()
    }
    for row in lent.filter(pc.is_valid(lent["disbursed_on"])).to_pylist():
        assert last_month.get(row["member_id"], date.min) <= row["disbursed_on"]
        last_month[row["member_id"]] = ends.get(row["loan_id"], row["disbursed_on"])


def test_monthly_activity_differs_between_members(tables: dict[str, pa.Table]) -> None:
    months = (
        latest("parcels", tables["parcels"]).group_by("member_id").aggregate([("month", "count")])
    )
    spread = np.quantile(months["month_count"].to_numpy(), [0.1, 0.9])
    assert spread[0] + 10 < spread[1]


def _days_in(first: date) -> int:
    after = (first + timedelta(days=31)).replace(day=1)
    return (after - first).days


def _assert_sound(column: Column, values: pa.ChunkedArray) -> None:
    assert column.optional or values.null_count == 0, column.name
    found = values.drop_null()
    if column.choices:
        assert set(pc.unique(found).to_pylist()) <= column.choices.keys()
    if column.minimum is not None and len(found):
        assert pc.min(found).as_py() >= column.minimum, column.name
    if column.maximum is not None and len(found):
        assert pc.max(found).as_py() <= column.maximum, column.name
