"""Households before the first month: hidden traits, land, work and means.

The functions that return a dict return fields of `Households` by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from data.simulator.scenario import Scenario
from data.simulator.world.villages import DONKEY_COUNTY, Villages


@dataclass(frozen=True)
class Households:
    """One entry per household; its traits are standard normal, hidden and never recorded."""

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
        """Return which households have the main `occupation`."""
        return np.asarray(self.occupation == occupation)


def build_households(scenario: Scenario, luck: Luck, villages: Villages, number: int) -> Households:
    """Draw `number` households in the villages."""
    rng = luck.shared("households")
    village = np.sort(
        rng.choice(len(villages.weight), number, p=villages.weight / villages.weight.sum())
    )
    county = villages.county_of[village]
    traits = _traits(rng, scenario, number)
    size = np.clip(rng.poisson(2.4, number) + 1, 1, 9)
    labourers = np.minimum(size, np.clip(rng.poisson(1.3, number) + 1, 1, 5))
    occupation = _occupation(rng, scenario, county)
    return Households(
        village=village,
        township=villages.township_of[village],
        county=county,
        ability=traits["ability"],
        prudence=traits["prudence"],
        ambition=traits["ambition"],
        frailty=traits["frailty"],
        size=size,
        labourers=labourers,
        head_age=np.clip(rng.normal(47.0, 10.5, number), 21.0, 76.0),
        occupation=occupation,
        **_draw_land(rng, scenario, traits, occupation, county),
        **_draw_work(rng, scenario, traits["ability"], labourers, occupation, county),
        **_draw_means(rng, scenario, traits, size),
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
    # Many farms of Dong'e keep donkeys: a part of its growers has herds instead.
    herds = (county == DONKEY_COUNTY) & (drawn == GROWER) & (rng.random(len(county)) < 0.18)
    return np.where(herds, LIVESTOCK, drawn).astype(np.int64)


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


def _draw_land(
    rng: np.random.Generator,
    scenario: Scenario,
    traits: dict[str, Floats],
    occupation: Ints,
    county: Ints,
) -> dict[str, Any]:
    """Draw land, special crops and the programmes of the plots."""
    number, farming = len(county), scenario.farming
    insured = logistic(0.6 * traits["prudence"] + 4 * (farming.insured - 0.5))
    return {
        **_special_crops(rng, scenario, county, occupation),
        **_owned_and_leased(rng, scenario, traits["ambition"], occupation),
        "demonstration": rng.random(number) < farming.demonstration,
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


def _draw_work(
    rng: np.random.Generator,
    scenario: Scenario,
    ability: Floats,
    labourers: Ints,
    occupation: Ints,
    county: Ints,
) -> dict[str, Any]:
    """Draw herds, turnovers, margins and wage earners."""
    number, work = len(ability), scenario.livelihood
    trader, services = occupation == TRADER, occupation == SERVICES
    base = np.where(trader, work.turnover, np.where(services, work.service_turnover, 0.0))
    margin = np.where(trader, work.margin, work.service_margin)
    margin *= np.exp(0.12 * ability + rng.normal(0, 0.1, number))
    heads = (
        work.herd * np.where(county == DONKEY_COUNTY, 1.4, 1.0) * rng.lognormal(-0.1, 0.5, number)
    )
    return {
        "herd": np.where(occupation == LIVESTOCK, heads, 0.0),
        "turnover": base * rng.lognormal(-0.15, 0.6, number) * np.exp(0.12 * ability),
        "margin": np.clip(margin, 0.03, 0.9),
        "workers": _workers(rng, scenario, labourers),
        "wage": work.wage * np.exp(0.15 * ability + rng.normal(0, 0.22, number)),
    }


def _workers(rng: np.random.Generator, scenario: Scenario, labourers: Ints) -> Floats:
    """Return the number of wage earners: workers away from home, and odd jobs of the others."""
    work = scenario.livelihood
    away = rng.binomial(np.maximum(labourers - 1, 0), work.workers)
    away += rng.random(len(labourers)) < work.absent_worker
    return np.asarray(away + np.maximum(labourers - away, 0) * work.odd_jobs)


def _draw_means(
    rng: np.random.Generator, scenario: Scenario, traits: dict[str, Floats], size: Ints
) -> dict[str, Any]:
    """Draw living costs, debts elsewhere, help of relatives, savings, and use of the post."""
    number, money, trust = len(size), scenario.money, scenario.traits.bank_share
    prudence, ability = traits["prudence"], traits["ability"]
    lifestyle = rng.normal(0, 0.2, number) - 0.06 * prudence + 0.05 * ability
    indebted = rng.random(number) < money.other_debt * np.exp(0.3 * traits["ambition"])
    service = money.other_service * rng.lognormal(-0.1, 0.45, number)
    wealth = 0.45 * prudence + 0.35 * ability + 0.8 * rng.normal(0, 1, number)
    return {
        "living": money.living_per_head * (0.9 + 0.62 * size) * np.exp(lifestyle),
        "other_service": np.where(indebted, service, 0.0),
        "kin_limit": money.kin_limit * np.exp(0.35 * prudence + rng.normal(0, 0.6, number)),
        "bank_share": 0.05 + 0.95 * rng.beta(trust[0], trust[1], number),
        "bills": np.where(rng.random(number) < money.bills, rng.integers(1, 4, number), 0),
        "digital": rng.standard_normal(number) * 0.8 + 0.5 * ability,
        "channel_weights": rng.dirichlet(np.array([0.8, 0.6, 0.5]), number),
        "start_cash": scenario.traits.wealth_median
        * np.exp(scenario.traits.wealth_spread * wealth),
    }
