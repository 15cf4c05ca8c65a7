"""The hidden truth: the outcome of a standard and of the offered loan for every member."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.truth import history

REPLICATIONS = 4
CLOSING = date(2023, 10, 1)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(load_scenario(), 4_000, 48, 54)


@pytest.fixture(scope="module")
def truth(simulation: Simulation) -> pa.Table:
    return simulation.truth(CLOSING, REPLICATIONS)


def of_loan(truth: pa.Table, loan: str) -> pa.Table:
    return truth.filter(pc.equal(truth["loan"], loan))


@pytest.fixture(scope="module")
def standard(truth: pa.Table) -> pa.Table:
    return of_loan(truth, "standard")


@pytest.fixture(scope="module")
def rate(standard: pa.Table) -> npt.NDArray[np.float64]:
    """Share of bad outcomes of the standard loan of each member over the replications."""
    bad = np.array([outcome == "bad" for outcome in standard["outcome"].to_pylist()])
    return bad.reshape(REPLICATIONS, -1).mean(axis=0)


def test_every_member_has_an_outcome_in_every_replication(
    simulation: Simulation, truth: pa.Table
) -> None:
    known = set(simulation.table("members")["member_id"].to_pylist())
    for loan in ("standard", "offered"):
        rows = of_loan(truth, loan)
        assert rows.num_rows == 4_000 * REPLICATIONS
        assert set(rows["member_id"].to_pylist()) == known
        assert set(rows["outcome"].to_pylist()) == {"good", "indeterminate", "bad"}


def test_the_truth_is_the_same_each_time(simulation: Simulation, truth: pa.Table) -> None:
    assert simulation.truth(CLOSING, REPLICATIONS).equals(truth)
    one = simulation.truth(CLOSING, 1)
    assert one.equals(truth.filter(pc.equal(truth["replication"], 0)))


def test_the_state_kept_from_the_run_is_that_of_the_months_simulated_again(
    simulation: Simulation,
) -> None:
    again = history(simulation.world, simulation.world.end + 1)
    assert (again.cash == simulation.state.cash).all()
    for kept, found in zip(simulation.state.slots, again.slots, strict=True):
        assert (kept.number == found.number).all()
        assert (kept.due_on == found.due_on).all()


def test_the_truth_of_an_editions_offers_covers_the_members_it_offers_a_loan(
    simulation: Simulation,
) -> None:
    ids = simulation.table("members")["member_id"].unique().slice(0, 300)
    limits = pa.array([0 if i % 3 == 0 else 5_000 + 100 * i for i in range(300)])
    offers = pa.table(
        {
            "member_id": ids,
            "limit_yuan": limits,
            "annual_rate": pa.array([0.05] * 300),
            "months": pa.array([12] * 300),
            "repayment": pa.array(["equal_instalments"] * 300),
        }
    )
    offered = of_loan(simulation.truth(CLOSING, 1, offers), "offered")
    home = dict(zip(*(simulation.table("members")[c].to_pylist()
                      for c in ("member_id", "household_id")), strict=True))  # fmt: skip
    with_offer = {home[m] for m, y in zip(ids.to_pylist(), limits.to_pylist(), strict=True) if y}
    assert {home[member] for member in offered["member_id"].to_pylist()} == with_offer
    limit = dict(zip(ids.to_pylist(), limits.to_pylist(), strict=True))
    of_home: dict[str, int] = {}
    for member, yuan in limit.items():
        of_home[home[member]] = max(yuan, of_home.get(home[member], 0))
    told = offered["member_id"].to_pylist()
    assert len(told) == len(with_offer), "only the holder of an offer has its outcome"
    assert all(limit[member] == of_home[home[member]] for member in told)


def test_a_small_offer_is_safer_than_the_standard_loan(simulation: Simulation) -> None:
    ids = simulation.table("members")["member_id"].unique()
    offers = pa.table(
        {
            "member_id": ids,
            "limit_yuan": pa.array([3_000] * len(ids)),
            "annual_rate": pa.array([0.047] * len(ids)),
            "months": pa.array([12] * len(ids)),
            "repayment": pa.array(["harvest_bullet"] * len(ids)),
        }
    )
    truth = simulation.truth(CLOSING, 1, offers)
    bad = {
        loan: np.mean([o == "bad" for o in of_loan(truth, loan)["outcome"].to_pylist()])
        for loan in ("standard", "offered")
    }
    assert bad["offered"] < 0.8 * bad["standard"]


def test_asking_for_the_truth_changes_no_record(simulation: Simulation) -> None:
    before, cash = simulation.table("repayments"), simulation.state.cash.copy()
    simulation.truth(date(2022, 5, 1), 1)
    simulation.truth(CLOSING, 1)
    assert simulation.table("repayments").equals(before)
    assert (simulation.state.cash == cash).all()


def test_luck_is_drawn_again_in_each_replication(standard: pa.Table) -> None:
    worst = standard["worst_days_past_due"].to_numpy().reshape(REPLICATIONS, -1)
    assert all((worst[0] != other).any() for other in worst[1:])


def test_members_of_one_household_have_one_outcome(simulation: Simulation, truth: pa.Table) -> None:
    home = simulation.world.people.household
    worst = truth["worst_days_past_due"].to_numpy()[: len(home)]
    first = simulation.world.people.principal_of[home]
    assert (worst == worst[first]).all()


def test_those_off_the_list_are_riskier(
    simulation: Simulation, rate: npt.NDArray[np.float64]
) -> None:
    listed = simulation.state.listed[simulation.world.people.household]
    assert rate[~listed].mean() > 2 * rate[listed].mean()


def test_true_risk_differs_strongly_between_members(rate: npt.NDArray[np.float64]) -> None:
    assert (rate == 0).mean() > 0.4
    assert (rate >= 0.75).mean() > 0.02


def test_households_with_little_cash_are_riskier(
    simulation: Simulation, rate: npt.NDArray[np.float64]
) -> None:
    home = simulation.world.people.household
    cash = (simulation.state.cash / simulation.world.homes.living)[home]
    poor, rich = cash < np.quantile(cash, 0.25), cash > np.quantile(cash, 0.75)
    assert rate[poor].mean() > 3 * rate[rich].mean()


def test_the_careless_and_the_dishonest_are_riskier_whatever_their_cash(
    simulation: Simulation, rate: npt.NDArray[np.float64]
) -> None:
    home = simulation.world.people.household
    conduct = simulation.world.homes.traits.conduct[home]
    cash = (simulation.state.cash / simulation.world.homes.living)[home]
    rich = cash > np.quantile(cash, 0.5)
    low, high = conduct < np.quantile(conduct, 0.25), conduct > np.quantile(conduct, 0.75)
    assert rate[rich & low].mean() > 3 * rate[rich & high].mean()


def test_the_truth_of_an_earlier_day_follows_the_same_economy(
    simulation: Simulation,
) -> None:
    early = simulation.truth(date(2022, 5, 1), 1)
    assert 0.02 < np.mean([outcome == "bad" for outcome in early["outcome"].to_pylist()]) < 0.35


@pytest.mark.parametrize("day", [date(2023, 10, 2), date(2023, 11, 1), date(2019, 10, 1)])
def test_a_day_outside_the_record_is_refused(simulation: Simulation, day: date) -> None:
    with pytest.raises(ValueError, match="first of a month"):
        simulation.truth(day)
