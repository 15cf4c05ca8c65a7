"""Households: hidden traits, work, land and means, fixed before the first month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import (
    COOPERATIVE,
    CROPS,
    GROWER,
    LIVESTOCK,
    NO_CROP,
    SERVICES,
    TRADER,
    Bools,
    Floats,
    Ints,
    logistic,
)
from data.simulator.luck import Luck
from data.simulator.places import Places
from data.simulator.scenario import Scenario

#: Share of growers with a county's own crop: county index → [(crop, share), ...].
_SPECIALITIES: dict[int, tuple[tuple[str, float], ...]] = {
    0: (("vegetable", 0.16),),
    1: (("jujube", 0.34), ("vegetable", 0.06)),
    2: (("vegetable", 0.32),),
    3: (("melon", 0.52),),
    4: (("vegetable", 0.08),),
    5: (("pear", 0.30), ("cherry", 0.16)),
    6: (("vegetable", 0.34),),
    7: (("vegetable", 0.12), ("other", 0.08)),
}
_DONKEY_COUNTY = 4


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
        return self.occupation == occupation


def build_households(scenario: Scenario, luck: Luck, places: Places, number: int) -> Households:
    """Draw `number` households over the villages."""
    rng = luck.shared("households")
    village = np.sort(rng.choice(len(places.weight), number, p=places.weight / places.weight.sum()))
    county = places.county_of[village]
    traits = _traits(rng, scenario, number)
    size = np.clip(rng.poisson(2.4, number) + 1, 1, 9)
    labourers = np.minimum(size, np.clip(rng.poisson(1.3, number) + 1, 1, 5))
    occupation = _occupation(rng, scenario, county)
    special, special_mu = _special(rng, scenario, county, occupation)
    prudence, ability = traits["prudence"], traits["ability"]
    return Households(
        village=village,
        township=places.township_of[village],
        county=county,
        **traits,
        size=size,
        labourers=labourers,
        head_age=np.clip(rng.normal(47.0, 10.5, number), 21.0, 76.0),
        occupation=occupation,
        special=special,
        special_mu=special_mu,
        **_land(rng, scenario, traits["ambition"], occupation),
        demonstration=rng.random(number) < scenario.farming.demonstration,
        trusteeship=rng.random(number) < scenario.farming.trusteeship,
        insured=rng.random(number)
        < logistic(0.6 * prudence + 4 * (scenario.farming.insured - 0.5)),
        **_trades(rng, scenario, ability, labourers, occupation, county),
        **_means(rng, scenario, traits, size),
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
    # Dong'e is donkey country: a tenth of its growers keep herds instead.
    herds = (county == _DONKEY_COUNTY) & (drawn == GROWER) & (rng.random(len(county)) < 0.18)
    return np.where(herds, LIVESTOCK, drawn).astype(np.int64)


def _special(
    rng: np.random.Generator, scenario: Scenario, county: Ints, occupation: Ints
) -> tuple[Ints, Floats]:
    special = np.full(len(county), NO_CROP, dtype=np.int64)
    drawn = rng.random(len(county))
    for place, crops in _SPECIALITIES.items():
        low = 0.0
        for crop, share in crops:
            special[(county == place) & (drawn >= low) & (drawn < low + share)] = CROPS.index(crop)
            low += share
    special[(occupation != GROWER) & (occupation != COOPERATIVE)] = NO_CROP
    area = scenario.farming.special_mu * rng.lognormal(-0.1, 0.5, len(county))
    area *= np.where(occupation == COOPERATIVE, 5.0, 1.0)
    return special, np.where(special == NO_CROP, 0.0, np.maximum(np.round(area, 1), 0.3))


def _land(
    rng: np.random.Generator, scenario: Scenario, ambition: Floats, occupation: Ints
) -> dict[str, Floats]:
    number, farming = len(ambition), scenario.farming
    farms = (occupation == GROWER) | (occupation == COOPERATIVE)
    own = np.round(farming.own_mu * rng.lognormal(-0.12, 0.5, number), 1)
    own = np.where(farms, own, np.where(rng.random(number) < 0.4, own * 0.6, 0.0))
    leases = rng.random(number) < logistic(
        np.log(farming.leasing / (1 - farming.leasing)) + ambition
    )
    area = farming.leased_mu * rng.lognormal(-0.2, 0.65, number)
    area *= np.where(occupation == COOPERATIVE, 4.0, 1.0)
    return {
        "own_mu": np.round(own, 1),
        "leased_mu": np.where(farms & leases, np.round(area, 1), 0.0),
    }


def _trades(
    rng: np.random.Generator,
    scenario: Scenario,
    ability: Floats,
    labourers: Ints,
    occupation: Ints,
    county: Ints,
) -> dict[str, Floats]:
    number, livelihood = len(ability), scenario.livelihood
    trader, services = occupation == TRADER, occupation == SERVICES
    base = np.where(trader, livelihood.turnover, np.where(services, livelihood.service_turnover, 0))
    margin = np.where(trader, livelihood.margin, livelihood.service_margin)
    herds = np.where(county == _DONKEY_COUNTY, 1.4, 1.0) * livelihood.herd
    away = rng.binomial(np.maximum(labourers - 1, 0), livelihood.workers)
    away += rng.random(number) < livelihood.absent_worker
    # Those who stay find odd jobs nearby when the fields or the shop leave time.
    at_home = np.maximum(labourers - away, 0) * livelihood.odd_jobs
    return {
        "herd": np.where(occupation == LIVESTOCK, herds * rng.lognormal(-0.1, 0.5, number), 0.0),
        "turnover": base * rng.lognormal(-0.15, 0.6, number) * np.exp(0.12 * ability),
        "margin": np.clip(margin * np.exp(0.12 * ability + rng.normal(0, 0.1, number)), 0.03, 0.9),
        "workers": away + at_home,
        "wage": livelihood.wage * np.exp(0.15 * ability + rng.normal(0, 0.22, number)),
    }


def _means(
    rng: np.random.Generator, scenario: Scenario, traits: dict[str, Floats], size: Ints
) -> dict[str, Floats]:
    number, money = len(size), scenario.money
    prudence, ability = traits["prudence"], traits["ability"]
    lifestyle = rng.normal(0, 0.2, number) - 0.06 * prudence + 0.05 * ability
    cash = scenario.traits.wealth_median * np.exp(
        scenario.traits.wealth_spread
        * (0.45 * prudence + 0.35 * ability + 0.8 * rng.normal(0, 1, number))
    )
    indebted = rng.random(number) < scenario.money.other_debt * np.exp(0.3 * traits["ambition"])
    service = money.other_service * rng.lognormal(-0.1, 0.45, number)
    return {
        "living": money.living_per_head * (0.9 + 0.62 * size) * np.exp(lifestyle),
        "other_service": np.where(indebted, service, 0.0),
        "kin_limit": money.kin_limit * np.exp(0.35 * prudence + rng.normal(0, 0.6, number)),
        "bank_share": 0.05 + 0.95 * rng.beta(*scenario.traits.bank_share, number),
        "bills": np.where(rng.random(number) < money.bills, rng.integers(1, 4, number), 0),
        "digital": rng.standard_normal(number) * 0.8 + 0.5 * ability,
        "channel_weights": rng.dirichlet(np.array([0.8, 0.6, 0.5]), number),
        "start_cash": cash,
    }
