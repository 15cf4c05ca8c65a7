"""The simulated totals at full size are within tolerance of the published figures."""

from __future__ import annotations

import pytest

from data.simulator import load_scenario, simulate
from data.simulator.scenario import scenario_from
from model.errors import ContractError


@pytest.fixture(scope="module")
def totals() -> dict[str, float]:
    scenario = load_scenario()
    return simulate(scenario, scenario.places.full_members, 36, 54).totals()


@pytest.mark.fullsize
def test_totals_match_the_published_figures(totals: dict[str, float]) -> None:
    for name, target in load_scenario().targets.items():
        off = abs(totals[name] - target.value)
        assert off <= target.tolerance * target.value, f"{name}: {totals[name]:,.4f}"


@pytest.mark.fullsize
def test_there_are_enough_ripe_and_enough_bad_loans_to_learn_from(
    totals: dict[str, float],
) -> None:
    assert totals["ripe_loans"] >= 7_000
    assert totals["bad_loans"] >= 250
    assert 0.02 <= totals["bad_rate"] <= 0.04


def test_a_small_world_lends_its_share() -> None:
    scenario, members = load_scenario(), 4_000
    found = simulate(scenario, members, 36, 54).totals()
    share = members / scenario.places.full_members
    assert abs(found["disbursed_total"] / share / 460e6 - 1) < 0.15
    assert found["members"] == members


def test_a_scenario_with_an_unknown_number_is_refused() -> None:
    with pytest.raises(ContractError, match=r"dirt.*surplus"):
        scenario_from({"dirt": {"rate": 0.1, "replaced": 0.1, "surplus": 1}, "targets": {}})
