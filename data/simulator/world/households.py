"""Households: hidden traits, work, land and means, fixed before the first month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import GROWER, LIVESTOCK, Bools, Floats, Ints
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.holdings import draw_fields, draw_means, draw_work
from data.simulator.world.places import DONKEY_COUNTY, Places


@dataclass(frozen=True)
class Households:
    """One entry per household. Traits are standard normal, hidden, and never recorded."""

    village: Ints
    township: Ints
    county: Ints
    ability: Floats
    prudence: Floats
    ambition: Floats
    frailty: Floats
    size: Ints
    labourers: Ints
    head_age: Floats
    occupation: Ints
    own_mu: Floats
    leased_mu: Floats
    special: Ints
    special_mu: Floats
    demonstration: Bools
    trusteeship: Bools
    insured: Bools
    herd: Floats
    turnover: Floats
    margin: Floats
    workers: Floats
    wage: Floats
    living: Floats
    other_service: Floats
    kin_limit: Floats
    bank_share: Floats
    bills: Ints
    digital: Floats
    channel_weights: Floats
    start_cash: Floats

    def __len__(self) -> int:
        return len(self.village)

    def works_as(self, occupation: int) -> Bools:
        """Return which households live mainly from `occupation`."""
        return np.asarray(self.occupation == occupation)


def build_households(scenario: Scenario, luck: Luck, places: Places, number: int) -> Households:
    """Draw `number` households over the villages."""
    rng = luck.shared("households")
    village = np.sort(rng.choice(len(places.weight), number, p=places.weight / places.weight.sum()))
    county = places.county_of[village]
    traits = _traits(rng, scenario, number)
    size = np.clip(rng.poisson(2.4, number) + 1, 1, 9)
    labourers = np.minimum(size, np.clip(rng.poisson(1.3, number) + 1, 1, 5))
    occupation = _occupation(rng, scenario, county)
    return Households(
        village=village,
        township=places.township_of[village],
        county=county,
        ability=traits["ability"],
        prudence=traits["prudence"],
        ambition=traits["ambition"],
        frailty=traits["frailty"],
        size=size,
        labourers=labourers,
        head_age=np.clip(rng.normal(47.0, 10.5, number), 21.0, 76.0),
        occupation=occupation,
        **draw_fields(rng, scenario, traits, occupation, county),
        **draw_work(rng, scenario, traits["ability"], labourers, occupation, county),
        **draw_means(rng, scenario, traits, size),
    )


def _traits(rng: np.random.Generator, scenario: Scenario, number: int) -> dict[str, Floats]:
    ability, other = rng.standard_normal(number), rng.standard_normal(number)
    shared = scenario.traits.ability_prudence
    return {
        "ability": ability,
        "prudence": shared * ability + np.sqrt(1 - shared**2) * other,
        "ambition": rng.standard_normal(number),
        "frailty": rng.standard_normal(number),
    }


def _occupation(rng: np.random.Generator, scenario: Scenario, county: Ints) -> Ints:
    shares = np.cumsum(scenario.people.occupations)
    drawn = np.searchsorted(shares[:-1], rng.random(len(county)), side="right")
    # Dong'e is donkey country: part of its growers keep herds instead.
    herds = (county == DONKEY_COUNTY) & (drawn == GROWER) & (rng.random(len(county)) < 0.18)
    return np.where(herds, LIVESTOCK, drawn).astype(np.int64)
