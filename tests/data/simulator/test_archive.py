"""The simulated archive: exact numbers, values within the contract, equal bytes for one seed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.totals import latest
from data.storage.archive import Archive
from model.archive.id_numbers import birth_date_of, id_number_flaw, is_phone, sex_of
from model.archive.tables import RECORDED_AT, Column, archive_tables, season_start

TABLES = tuple(archive_tables())
Row = dict[str, Any]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 1_500, 48, 54)


@pytest.fixture(scope="module")
def tables(simulation: Simulation) -> dict[str, pa.Table]:
    return {name: simulation.table(name) for name in TABLES}


def test_the_same_seed_writes_the_same_bytes(simulation: Simulation, tmp_path: Path) -> None:
    first, second = Archive(tmp_path / "first"), Archive(tmp_path / "second")
    simulation.write(first)
    simulate(load_scenario(), 1_500, 48, 54).write(second)
    assert first.digest() == second.digest()


def test_another_seed_writes_another_archive(tables: dict[str, pa.Table]) -> None:
    other = simulate(load_scenario(), 1_500, 48, 55)
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


@pytest.fixture(scope="module")
def instalments(tables: dict[str, pa.Table]) -> dict[str, list[Row]]:
    """The latest version of each loan's instalments, in order."""
    by_loan: dict[str, list[Row]] = defaultdict(list)
    rows = latest("instalments", tables["instalments"]).sort_by([("number", "ascending")])
    for row in rows.to_pylist():
        by_loan[row["loan_id"]].append(row)
    return by_loan


def test_instalments_repay_the_principal_and_are_paid_in_order(
    tables: dict[str, pa.Table], instalments: dict[str, list[Row]]
) -> None:
    loans = {row["loan_id"]: row for row in latest("loans", tables["loans"]).to_pylist()}
    assert instalments.keys() == {i for i, row in loans.items() if row["disbursed_on"] is not None}
    for loan, rows in instalments.items():
        assert sum(row["principal_due"] for row in rows) == loans[loan]["amount"]
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
        paid = [row["paid_on"] for row in rows]
        first_unpaid = next((i for i, day in enumerate(paid) if day is None), len(paid))
        assert not any(paid[first_unpaid:]) or _recorded_late(rows)
        assert all(row["paid"] == row["principal_due"] + row["interest_due"]
                   for row in rows if row["paid_on"])  # fmt: skip


def test_the_monthly_report_agrees_with_the_instalments_to_the_day(
    tables: dict[str, pa.Table], instalments: dict[str, list[Row]]
) -> None:
    amounts = dict(
        zip(*(tables["loans"][c].to_pylist() for c in ("loan_id", "amount")), strict=True)
    )
    settled = date(2023, 6, 30)  # later rows may still be under way
    compared = 0
    for row in latest("repayments", tables["repayments"]).to_pylist():
        first, last = row["month"], row["month"] + timedelta(days=_days_in(row["month"]) - 1)
        plan = instalments[row["loan_id"]]
        if last > settled or _recorded_late(plan):
            continue
        unpaid = [i["due_on"] for i in plan if i["paid_on"] is None or i["paid_on"] > last]
        oldest = min(unpaid, default=last)
        assert row["days_past_due"] == max((last - oldest).days, 0)
        in_month = [i for i in plan if i["paid_on"] and first <= i["paid_on"] <= last]
        assert row["paid"] == sum(i["paid"] for i in in_month)
        repaid = sum(i["principal_due"] for i in plan if i["paid_on"] and i["paid_on"] <= last)
        assert row["balance"] == amounts[row["loan_id"]] - repaid
        assert row["due"] == sum(
            i["principal_due"] + i["interest_due"] for i in plan if first <= i["due_on"] <= last
        )
        compared += 1
    assert compared > 500


def test_households_pay_early_on_time_and_late_by_habit(
    tables: dict[str, pa.Table], instalments: dict[str, list[Row]]
) -> None:
    borrower = dict(
        zip(*(tables["loans"][c].to_pylist() for c in ("loan_id", "member_id")), strict=True)
    )
    days: dict[str, list[int]] = defaultdict(list)
    for loan, rows in instalments.items():
        days[borrower[loan]] += [(r["paid_on"] - r["due_on"]).days for r in rows if r["paid_on"]]
    every = np.concatenate([np.array(each) for each in days.values() if each])
    assert (every < 0).mean() > 0.3
    assert (every == 0).mean() > 0.02
    assert (every > 0).mean() > 0.1
    halves = [(np.median(d[::2]), np.median(d[1::2])) for d in days.values() if len(d) >= 10]
    assert np.corrcoef(np.array(halves).T)[0, 1] > 0.5


def test_a_member_has_at_most_one_open_loan_of_rongzi_e(
    tables: dict[str, pa.Table], instalments: dict[str, list[Row]]
) -> None:
    lent = latest("loans", tables["loans"]).sort_by([("disbursed_on", "ascending")])
    closed: dict[str, date] = {}
    for row in lent.filter(pc.equal(lent["product"], "rongzi_e")).to_pylist():
        if row["disbursed_on"] is None:
            continue
        assert closed.get(row["member_id"], date.min) <= row["disbursed_on"]
        paid = [i["paid_on"] for i in instalments[row["loan_id"]]]
        closed[row["member_id"]] = max((day for day in paid if day), default=row["disbursed_on"])


def test_loans_before_rongzi_e_fill_the_windows_of_its_first_ones(
    tables: dict[str, pa.Table],
) -> None:
    loans = latest("loans", tables["loans"])
    first = {
        product: pc.min(loans.filter(pc.equal(loans["product"], product))["disbursed_on"]).as_py()
        for product in ("rongzi_e", "micro_loan")
    }
    assert first["rongzi_e"] >= date(2020, 10, 1)
    assert first["micro_loan"] < date(2019, 1, 1)


def test_draws_on_a_line_keep_to_its_term_and_repay_at_once(tables: dict[str, pa.Table]) -> None:
    loans = latest("loans", tables["loans"])
    draws = loans.filter(pc.is_valid(loans["line_id"])).to_pylist()
    assert {row["repayment"] for row in draws} == {"revolving"}
    assert {row["product"] for row in draws} == {"rongzi_e"}
    of_line: dict[str, list[Row]] = defaultdict(list)
    for row in draws:
        of_line[row["line_id"]].append(row)
    assert max(len(rows) for rows in of_line.values()) >= 3
    for rows in of_line.values():
        days = [row["applied_on"] for row in rows]
        assert len({row["member_id"] for row in rows}) == 1
        assert (max(days) - min(days)).days < 24 * 31


def test_some_loans_are_extended_and_the_worst_written_off() -> None:
    larger = simulate(load_scenario(), 6_000, 36, 54)
    kinds = set(larger.table("loan_events")["kind"].to_pylist())
    assert {"extended", "written_off"} <= kinds <= {
        "extended", "restructured", "written_off", "transferred",
    }  # fmt: skip
    assert pc.max(larger.table("repayments")["days_past_due"]).as_py() > 360


def test_guarantors_are_other_members_of_the_village(tables: dict[str, pa.Table]) -> None:
    village = dict(
        zip(*(tables["members"][c].to_pylist() for c in ("member_id", "village_code")), strict=True)
    )
    guaranteed = tables["loans"].filter(pc.is_valid(tables["loans"]["guarantor_id"])).to_pylist()
    assert len(guaranteed) > 10
    for row in guaranteed:
        assert row["guarantor_id"] != row["member_id"]
        assert village[row["guarantor_id"]] == village[row["member_id"]]


def test_a_cooperative_sells_what_its_members_sell_through_it(tables: dict[str, pa.Table]) -> None:
    sales = latest("sales", tables["sales"])
    through = sales.filter(pc.is_valid(sales["cooperative_id"]))
    joint = tables["cooperative_sales"]
    assert 0 < through.num_rows < sales.num_rows
    told = {(r["cooperative_id"], r["month"]): r["amount"] for r in joint.to_pylist()}
    found: dict[tuple[str, date], Any] = defaultdict(int)
    for row in through.to_pylist():
        found[row["cooperative_id"], row["month"]] += row["amount"]
    # A member's row may never reach the archive; the cooperative's own report is complete.
    assert all(amount <= told[key] for key, amount in found.items())


def test_women_pay_more_punctually_so_that_fairness_checks_have_something_to_find(
    tables: dict[str, pa.Table],
) -> None:
    people = latest("members", tables["members"])
    gender = dict(zip(*(people[c].to_pylist() for c in ("member_id", "gender")), strict=True))
    bills = tables["cashflow"].filter(pc.is_valid(tables["cashflow"]["bills_due"]))
    women = np.array([gender[m] == "female" for m in bills["member_id"].to_pylist()])
    due, paid = (bills[c].to_numpy() for c in ("bills_due", "bills_paid_on_time"))
    share = {sex: paid[women == sex].sum() / due[women == sex].sum() for sex in (True, False)}
    assert share[True] > share[False] + 0.01


def test_monthly_activity_differs_between_members(tables: dict[str, pa.Table]) -> None:
    months = (
        latest("parcels", tables["parcels"]).group_by("member_id").aggregate([("month", "count")])
    )
    spread = np.quantile(months["month_count"].to_numpy(), [0.1, 0.9])
    assert spread[0] + 10 < spread[1]


def _recorded_late(rows: list[Row]) -> bool:
    """Return whether a payment of a loan reached the archive long after its day, or never."""
    late = any((r["recorded_at"].date() - r["paid_on"]).days > 1 for r in rows if r["paid_on"])
    return late or any(r["paid_on"] is None and r["due_on"] < date(2023, 9, 1) for r in rows)


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
