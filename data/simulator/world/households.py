"""Households before the first month: land, work, means and habits, by hidden traits.

The functions that return a dict return fields of `Households` by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from data.simulator.arrays import (
    GROWER,
    LIVESTOCK,
    SERVICES,
    TRADER,
    Bools,
    Floats,
    Ints,
)
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.land import draw_land
from data.simulator.world.traits import Traits, draw_traits
from data.simulator.world.villages import DONKEY_COUNTY, Villages


@dataclass(frozen=True)
class Households:
    """One entry per household; `traits` are hidden and never recorded.

    Attributes
    ----------
    demonstration_since : Ints
        Month from which the household's fields are demonstration plots, NEVER if they are not.
    workers, away : Floats, Ints
        Wage earners near home, odd jobs included; grown children who send money home.
    habit, spread : Floats
        Days from the due date on which the household pays by habit, and their spread.
    bank_logit : Floats
        Log odds of the share of the household's money that lies with this bank.
    """

    village: Ints
    township: Ints
    county: Ints
    traits: Traits
    size: Ints
    labourers: Ints
    occupation: Ints
    own_mu: Floats
    leased_mu: Floats
    special: Ints
    special_mu: Floats
    demonstration_since: Ints
    trusteeship: Bools
    insured: Bools
    herd: Floats
    turnover: Floats
    margin: Floats
    workers: Floats
    away: Ints
    wage: Floats
    living: Floats
    other_service: Floats
    kin_limit: Floats
    bank_logit: Floats
    bills: Ints
    habit: Floats
    spread: Floats
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
    traits = draw_traits(rng, scenario, number)
    size = np.clip(rng.poisson(2.4, number) + 1, 1, 9)
    labourers = np.minimum(size, np.clip(rng.poisson(1.3, number) + 1, 1, 5))
    occupation = _occupation(rng, scenario, county)
    return Households(
        village=village,
        township=villages.township_of[village],
        county=county,
        traits=traits,
        size=size,
        labourers=labourers,
        occupation=occupation,
        **draw_land(rng, scenario, traits, occupation, county),
        **_draw_work(rng, scenario, traits.ability, labourers, occupation, county),
        **_draw_means(rng, scenario, traits, size),
        **_draw_habits(rng, scenario, traits),
    )


def _occupation(rng: np.random.Generator, scenario: Scenario, county: Ints) -> Ints:
    shares = np.cumsum(scenario.people.occupations)
    drawn = np.searchsorted(shares[:-1], rng.random(len(county)), side="right")
    # Many farms of Dong'e keep donkeys: a part of its growers has herds instead.
    herds = (county == DONKEY_COUNTY) & (drawn == GROWER) & (rng.random(len(county)) < 0.18)
    return np.where(herds, LIVESTOCK, drawn).astype(np.int64)


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
    near = rng.binomial(np.maximum(labourers - 1, 0), work.workers)
    odd_jobs = np.maximum(labourers - near, 0) * work.odd_jobs
    return {
        "herd": np.where(occupation == LIVESTOCK, heads, 0.0),
        "turnover": base * rng.lognormal(-0.15, 0.6, number) * np.exp(0.12 * ability),
        "margin": np.clip(margin, 0.03, 0.9),
        "workers": near + odd_jobs,
        "away": (rng.random(number) < work.absent_worker).astype(np.int64),
        "wage": work.wage * np.exp(0.15 * ability + rng.normal(0, 0.22, number)),
    }


def _draw_means(
    rng: np.random.Generator, scenario: Scenario, traits: Traits, size: Ints
) -> dict[str, Any]:
    """Draw living costs, debts elsewhere, help of relatives, savings, and use of the post."""
    number, money, rule = len(size), scenario.money, scenario.traits
    prudence, ability = traits.prudence, traits.ability
    lifestyle = rng.normal(0, 0.2, number) - 0.06 * prudence + 0.05 * ability
    indebted = rng.random(number) < money.other_debt * np.exp(0.4 * traits.ambition)
    service = money.other_service * rng.lognormal(-0.1, 0.45, number)
    wealth = 0.3 * prudence + 0.35 * ability + 0.85 * rng.normal(0, 1, number)
    return {
        "living": money.living_per_head * (0.9 + 0.62 * size) * np.exp(lifestyle),
        "other_service": np.where(indebted, service, 0.0),
        "kin_limit": money.kin_limit * np.exp(0.35 * prudence + rng.normal(0, 0.6, number)),
        "bank_logit": rng.normal(rule.bank_logit[0], rule.bank_logit[1], number),
        "bills": np.where(rng.random(number) < money.bills, rng.integers(1, 4, number), 0),
        "channel_weights": rng.dirichlet(np.array([0.8, 0.6, 0.5]), number),
        "start_cash": rule.wealth_median * np.exp(rule.wealth_spread * wealth),
    }


def _draw_habits(rng: np.random.Generator, scenario: Scenario, traits: Traits) -> dict[str, Any]:
    """Draw on which day, from the due date, a household pays: the careful pay early and evenly."""
    rule, number = scenario.habits, len(traits.prudence)
    care = traits.conduct
    return {
        "habit": rule.days - rule.days_by_conduct * care + rng.normal(0, rule.days_own, number),
        "spread": rule.spread * np.exp(-0.25 * care + rng.normal(0, 0.25, number)),
    }
