"""Assessments of households: peer reviews, and the noisy grade that an observer gives."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.economy.state import State
from data.simulator.world.world import World

GRADES = ("A", "B", "C", "D")
_CUTS = (-1.05, 0.1, 1.15)
#: Reviews take place in winter, when there is no field work.
_REVIEW_MONTHS = (11, 12, 1, 2)


def peer_reviews(world: World, state: State, month: int) -> Bools:
    """Run the village reviews of the month; return who was reviewed and set ``state.peer``."""
    homes, rule = world.homes, world.scenario.assessments
    if months.month_of_year(month) not in _REVIEW_MONTHS:
        return np.zeros(len(homes), dtype=bool)
    credit = world.villages.credit_since[homes.village] <= months.first_day(month)
    chance = rule.peer_review * np.where(credit, 1.0, 0.5) / len(_REVIEW_MONTHS)
    reviewed = world.luck.own("reviewed", month).random(len(homes)) < chance
    state.peer = np.where(
        reviewed, observed_grade(world, state, month, rule.peer_noise), state.peer
    )
    return reviewed


def observed_grade(world: World, state: State, month: int, noise: float) -> Ints:
    """Return the grade that an observer gives, 0 (A) to 3 (D), from conduct and circumstances."""
    homes = world.homes
    traits = homes.traits
    view = 0.9 * traits.conduct + 0.3 * traits.ability
    view = view - 0.5 * np.minimum(state.distress, 3.0)
    view = view + world.luck.own("view", month).normal(0, noise, len(homes))
    return np.digitize(-view, _CUTS).astype(np.int64)
