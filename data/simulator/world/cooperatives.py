"""Cooperatives: founded by cooperative households, joined by growers of the township."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import COOPERATIVE, GROWER, NO_CROP, Bools, Ints
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.households import Households


@dataclass(frozen=True)
class Cooperatives:
    """Cooperatives and their members.

    Attributes
    ----------
    head : Ints
        Household of the head of each cooperative; its turnover is not the head's income.
    cooperative, home, joined : Ints
        One entry per member household other than the head: cooperative, household, day of joining.
    is_member_home : Bools
        Shape (households,): whether the household belongs to a cooperative.
    """

    head: Ints
    founded: Ints
    cooperative: Ints
    home: Ints
    joined: Ints
    is_member_home: Bools


def build_cooperatives(
    scenario: Scenario, luck: Luck, homes: Households, within: tuple[int, int]
) -> Cooperatives:
    """Draw the cooperatives; `within` are the first and last recorded day."""
    rng, number = luck.shared("cooperatives"), len(homes)
    head = np.flatnonzero(homes.occupation == COOPERATIVE)
    founded = rng.integers(within[0] - 2500, within[0], len(head))
    of_town = np.full(int(homes.township.max()) + 1, -1)
    of_town[homes.township[head]] = np.arange(len(head))
    care = np.exp(0.3 * homes.traits.prudence)
    grows = (homes.occupation == GROWER) & (of_town[homes.township] >= 0)
    chance = scenario.people.in_cooperative * care * np.where(homes.special != NO_CROP, 2.0, 1.0)
    home = np.flatnonzero(grows & (rng.random(number) < chance))
    cooperative = of_town[homes.township[home]]
    is_member = np.zeros(number, dtype=bool)
    is_member[home] = is_member[head] = True
    return Cooperatives(
        head=head,
        founded=founded,
        cooperative=cooperative,
        home=home,
        joined=founded[cooperative] + rng.integers(0, 2000, len(home)),
        is_member_home=is_member,
    )
