"""The plain table of loans: what it holds, and that it never looks past the day of application."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pandas.testing import assert_frame_equal

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.totals import latest
from data.simulator.trust.loan_table import GROUPS, SOURCES, columns_of, loan_table
from data.simulator.trust.shocks import harvest_effect
from model.archive.tables import RECORDED_AT


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 4_000, 48, 11)


@pytest.fixture(scope="module")
def sources(simulation: Simulation) -> dict[str, pa.Table]:
    return {name: simulation.table(name) for name in SOURCES}


@pytest.fixture(scope="module")
def loans(sources: dict[str, pa.Table]) -> pa.Table:
    return loan_table(sources)


def test_each_row_is_a_disbursed_loan_with_a_year_of_flows_before_it(
    loans: pa.Table, sources: dict[str, pa.Table]
) -> None:
    assert loans.num_rows > 200
    assert len(pc.unique(loans["loan_id"])) == loans.num_rows
    assert pc.min(loans["disbursed_on"]).as_py() >= date(2020, 10, 1)
    lent = latest("loans", sources["loans"])
    known = set(lent.filter(pc.is_valid(lent["disbursed_on"]))["loan_id"].to_pylist())
    assert set(loans["loan_id"].to_pylist()) <= known


def test_a_loan_is_bad_if_an_instalment_is_ninety_days_late_in_its_window(
    loans: pa.Table, sources: dict[str, pa.Table]
) -> None:
    """Counted again in plain Python, for loans that repay along the way."""
    lent = {row["loan_id"]: row for row in latest("loans", sources["loans"]).to_pylist()}
    plans: dict[str, list[dict[str, Any]]] = {}
    for row in latest("instalments", sources["instalments"]).to_pylist():
        plans.setdefault(row["loan_id"], []).append(row)
    events = set(sources["loan_events"]["loan_id"].to_pylist())
    checked = 0
    for loan, bad in zip(loans["loan_id"].to_pylist(), loans["bad"].to_pylist(), strict=True):
        if lent[loan]["repayment"] not in ("equal_instalments", "equal_principal"):
            continue
        if loan in events:
            continue
        start = lent[loan]["disbursed_on"]
        after = np.datetime64(f"{start:%Y-%m}", "M") + 13
        ends = (after.astype("datetime64[D]") - 1).item()
        late = [(min(i["paid_on"] or ends, ends) - i["due_on"]).days for i in plans[loan]]
        assert bad == (max(late) >= 90), loan
        checked += 1
    assert checked > 50


def test_what_is_recorded_from_the_day_of_application_on_changes_nothing(
    loans: pa.Table, sources: dict[str, pa.Table]
) -> None:
    day = date(2021, 9, 1)
    before = pa.scalar(f"{day} 00:00:00").cast(pa.timestamp("us"))
    kept = ("loans", "instalments", "loan_events", "repayments", "plots")  # outcomes need these
    cut = {
        name: rows if name in kept else rows.filter(pc.less(rows[RECORDED_AT], before))
        for name, rows in sources.items()
    }
    early = pc.less(loans["disbursed_on"], pa.scalar(day))
    again = loan_table(cut)
    again = again.filter(pc.less(again["disbursed_on"], pa.scalar(day)))
    # Sums of floats differ in the last bit with the order of rows.
    assert_frame_equal(again.to_pandas(), loans.filter(early).to_pandas(), rtol=1e-12)
    assert again.num_rows > 50


def test_every_group_is_known_for_some_loans_and_unknown_for_others(loans: pa.Table) -> None:
    for group in GROUPS:
        names = columns_of(loans, group)
        assert names
        for name in names:
            assert loans[name].null_count < loans.num_rows, name
    assert loans["months__loans"].null_count > 0


def test_bad_harvests_hit_growers_only(simulation: Simulation, loans: pa.Table) -> None:
    effect = harvest_effect(simulation.world, loans)
    assert 0 < effect.hit < loans.num_rows
    assert 0 <= effect.bad_rate <= 1
    assert 0 <= effect.bad_rate_of_others <= 1
