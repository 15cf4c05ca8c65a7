"""The figures of the seed at full size, within the tolerances of the scenario file."""

from __future__ import annotations

import pytest

from data.simulator import Simulation, load_scenario, simulate
from data.simulator.scenario import scenario_from
from data.simulator.totals import Comparison, compared, comparison_lines
from model.errors import ContractError


@pytest.fixture(scope="module")
def full() -> Simulation:
    scenario = load_scenario()
    return simulate(scenario, scenario.places.full_members, 60, 54)


@pytest.mark.fullsize
def test_every_figure_of_the_seed_is_within_its_tolerance(full: Simulation) -> None:
    missed = [row for row in compared(load_scenario(), full.totals) if not row.is_within]
    assert missed == []


@pytest.mark.fullsize
def test_there_are_enough_ripe_and_enough_bad_loans_to_learn_from(full: Simulation) -> None:
    assert full.totals["ripe_loans"] >= 15_000
    assert full.totals["bad_loans"] >= 400


@pytest.mark.fullsize
def test_the_archive_earns_trust(full: Simulation) -> None:
    from cli.trust import trust_checks

    assert [check.line for check in trust_checks(full) if not check.holds] == []


def test_a_small_world_lends_its_share() -> None:
    scenario, members = load_scenario(), 4_000
    found = simulate(scenario, members, 60, 54).totals
    share = members / scenario.places.full_members
    assert abs(found["disbursed_total"] / share / 460e6 - 1) < 0.15
    assert found["members"] == members
    assert abs(found["first_tier"] / share / 11_815 - 1) < 0.02


def test_a_figure_outside_its_tolerance_is_told() -> None:
    near, far = (Comparison("visits", 1000.0, value, 0.05) for value in (1049.0, 1051.0))
    assert (near.is_within, far.is_within) == (True, False)
    assert [line.split()[-1] for line in comparison_lines([near, far])][1:] == ["yes", "NO"]


def test_a_count_of_a_small_world_may_differ_by_rounding() -> None:
    assert Comparison("routes", 0.87, 1.0, 0.0).is_within
    assert not Comparison("routes", 38.0, 37.0, 0.0).is_within


def test_a_scenario_with_an_unknown_number_is_refused() -> None:
    with pytest.raises(ContractError, match=r"dirt.*surplus"):
        scenario_from({"dirt": {"rate": 0.1, "replaced": 0.1, "surplus": 1}, "targets": {}})
