"""Land of the households before the first month: crops, own and leased fields, programmes."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator import months
from data.simulator.arrays import (
    COOPERATIVE,
    CROPS,
    GROWER,
    NEVER,
    NO_CROP,
    Bools,
    Floats,
    Ints,
    logistic,
)
from data.simulator.scenario import Scenario
from data.simulator.world.traits import Traits

#: Share of growers with each special crop, by county index.
_SPECIALITIES: dict[int, dict[str, float]] = {
    0: {"vegetable": 0.16},
    1: {"jujube": 0.34, "vegetable": 0.06},
    2: {"vegetable": 0.32},
    3: {"melon": 0.52},
    4: {"vegetable": 0.08},
    5: {"pear": 0.30, "cherry": 0.16},
    6: {"vegetable": 0.34},
    7: {"vegetable": 0.12, "other": 0.08},
}


def draw_land(
    rng: np.random.Generator,
    scenario: Scenario,
    traits: Traits,
    occupation: Ints,
    county: Ints,
) -> dict[str, Any]:
    """Draw land, special crops and the programmes of the plots."""
    number, farming = len(county), scenario.farming
    insured = logistic(0.6 * traits.prudence + 4 * (farming.insured - 0.5))
    return {
        **_special_crops(rng, scenario, county, occupation),
        **_owned_and_leased(rng, scenario, traits.ambition, occupation),
        "demonstration_since": _demonstration_since(rng, scenario, number),
        "trusteeship": rng.random(number) < farming.trusteeship,
        "insured": rng.random(number) < insured,
    }


def _special_crops(
    rng: np.random.Generator, scenario: Scenario, county: Ints, occupation: Ints
) -> dict[str, Any]:
    special, drawn = np.full(len(county), NO_CROP, dtype=np.int64), rng.random(len(county))
    for index, crops in _SPECIALITIES.items():
        edges = np.cumsum([0.0, *crops.values()])
        for crop, low, high in zip(crops, edges, edges[1:], strict=False):
            special[(county == index) & (drawn >= low) & (drawn < high)] = CROPS.index(crop)
    special[~_farms(occupation)] = NO_CROP
    area = scenario.farming.special_mu * rng.lognormal(-0.1, 0.5, len(county))
    area *= np.where(occupation == COOPERATIVE, 5.0, 1.0)
    planted = np.maximum(np.round(area, 1), 0.3)
    return {"special": special, "special_mu": np.where(special == NO_CROP, 0.0, planted)}


def _owned_and_leased(
    rng: np.random.Generator, scenario: Scenario, ambition: Floats, occupation: Ints
) -> dict[str, Any]:
    number, farming = len(ambition), scenario.farming
    own = farming.own_mu * rng.lognormal(-0.12, 0.5, number)
    # Many households with another occupation still till part of the family's land.
    tilled = np.where(_farms(occupation), 1.0, np.where(rng.random(number) < 0.4, 0.6, 0.0))
    odds = np.log(farming.leasing / (1 - farming.leasing))
    leases = _farms(occupation) & (rng.random(number) < logistic(odds + ambition))
    area = farming.leased_mu * rng.lognormal(-0.2, 0.65, number)
    area *= np.where(occupation == COOPERATIVE, 4.0, 1.0)
    return {
        "own_mu": np.round(own * tilled, 1),
        "leased_mu": np.where(leases, np.round(area, 1), 0.0),
    }


def _farms(occupation: Ints) -> Bools:
    return np.isin(occupation, (GROWER, COOPERATIVE))


def _demonstration_since(rng: np.random.Generator, scenario: Scenario, number: int) -> Ints:
    """Return the month from which each household's fields are demonstration plots, or NEVER."""
    farming, end = scenario.farming, months.month_of(scenario.window.end)
    begins = months.month_of(farming.demonstration_begins)
    since = rng.integers(begins, end, number)
    return np.where(rng.random(number) < farming.demonstration, since, NEVER)
