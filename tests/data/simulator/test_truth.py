"""The hidden truth: the outcome of a standard loan for every member in every replication."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.economy.state import State
from data.simulator.truth import history

REPLICATIONS = 4
CLOSING = date(2023, 10, 1)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 4_000, 36, 54)


@pytest.fixture(scope="module")
def truth(simulation: Simulation) -> pa.Table:
    return simulation.truth(CLOSING, REPLICATIONS)


@pytest.fixture(scope="module")
def rate(truth: pa.Table) -> npt.NDArray[np.float64]:
    """Share of bad outcomes of each member over the replications."""
    bad = np.array([outcome == "bad" for outcome in truth["outcome"].to_pylist()])
    return bad.reshape(REPLICATIONS, -1).mean(axis=0)


@pytest.fixture(scope="module")
def closing_state(simulation: Simulation) -> State:
    return history(simulation.world, simulation.world.end + 1)


def test_every_member_has_an_outcome_in_every_replication(
    simulation: Simulation, truth: pa.Table
) -> None:
    assert truth.num_rows == 4_000 * REPLICATIONS
    known = set(simulation.table("members")["member_id"].to_pylist())
    assert set(truth["member_id"].to_pylist()) == known
    assert set(truth["outcome"].to_pylist()) == {"good", "indeterminate", "bad"}


def test_the_truth_is_the_same_each_time(simulation: Simulation, truth: pa.Table) -> None:
    assert simulation.truth(CLOSING, REPLICATIONS).equals(truth)
    one = simulation.truth(CLOSING, 1)
    assert one.equals(truth.slice(0, one.num_rows))


def test_asking_for_the_truth_changes_no_record(simulation: Simulation) -> None:
    before = simulation.tables()
    simulation.truth(date(2022, 5, 1), 1)
    after = simulation.tables()
    assert all(before[name].equals(after[name]) for name in before)


def test_luck_is_drawn_again_in_each_replication(truth: pa.Table) -> None:
    worst = truth["worst_days_past_due"].to_numpy().reshape(REPLICATIONS, -1)
    assert all((worst[0] != other).any() for other in worst[1:])


def test_members_of_one_household_have_one_outcome(simulation: Simulation, truth: pa.Table) -> None:
    home = simulation.world.people.household
    worst = truth["worst_days_past_due"].to_numpy()[: len(home)]
    first = simulation.world.people.principal_of[home]
    assert (worst == worst[first]).all()


def test_those_never_invited_are_riskier(
    simulation: Simulation, rate: npt.NDArray[np.float64], closing_state: State
) -> None:
    invited = (closing_state.invited_until >= 0)[simulation.world.people.household]
    assert rate[~invited].mean() > 2 * rate[invited].mean()


def test_true_risk_differs_strongly_between_members(rate: npt.NDArray[np.float64]) -> None:
    assert (rate == 0).mean() > 0.4
    assert (rate >= 0.75).mean() > 0.02


def test_households_with_little_cash_are_riskier(
    simulation: Simulation, rate: npt.NDArray[np.float64], closing_state: State
) -> None:
    home = simulation.world.people.household
    cash = (closing_state.cash / simulation.world.homes.living)[home]
    poor, rich = cash < np.quantile(cash, 0.25), cash > np.quantile(cash, 0.75)
    assert rate[poor].mean() > 5 * rate[rich].mean()


def test_the_truth_of_an_earlier_day_follows_the_same_economy(
    simulation: Simulation,
) -> None:
    early = simulation.truth(date(2022, 5, 1), 1)
    assert 0.02 < np.mean([outcome == "bad" for outcome in early["outcome"].to_pylist()]) < 0.35


@pytest.mark.parametrize("day", [date(2023, 10, 2), date(2023, 11, 1), date(2020, 10, 1)])
def test_a_day_outside_the_record_is_refused(simulation: Simulation, day: date) -> None:
    with pytest.raises(ValueError, match="first of a month"):
        simulation.truth(day)
