"""Standing payments: begun by those who keep order, ended by those who run short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Floats, Ints, logistic
from data.simulator.economy.state import State
from data.simulator.world.world import World

STANDING_KINDS = ("household", "insurance", "leasing", "loan")
_HOUSEHOLD, _INSURANCE, _LEASING, _LOAN = range(4)


@dataclass(frozen=True)
class StandingChanges:
    """One entry per standing payment that begins or ends in a month; ``until`` may be NEVER."""

    household: Ints
    kind: Ints
    amount: Floats
    since: Ints
    until: Ints


def change_standing(world: World, state: State, month: int, tightness: Floats) -> StandingChanges:
    """Begin and end the month's standing payments; update ``state.standing_since``."""
    rule, number = world.scenario.standing, len(world.homes)
    rng = world.luck.own("standing", month)
    day = int(months.first_day(month)) + rng.integers(0, 28, number)
    drawn = rng.random((number, len(STANDING_KINDS)))
    running = state.standing_since < NEVER
    short = np.minimum(tightness, 2.0)[:, None]
    ends = running & (drawn < rule.ends + rule.ends_in_need * short)
    begins = ~running & (drawn > 1.0 - _chances(world, state))
    ended = _changes(world, state.standing_since, ends, np.broadcast_to(day[:, None], ends.shape))
    state.standing_since = np.where(
        ends, NEVER, np.where(begins, day[:, None], state.standing_since)
    )
    never = np.full(begins.shape, NEVER)
    begun = _changes(world, state.standing_since, begins, never)
    return StandingChanges(
        *(np.concatenate([getattr(ended, name), getattr(begun, name)])
          for name in StandingChanges.__dataclass_fields__)
    )  # fmt: skip


def _chances(world: World, state: State) -> Floats:
    """Return the chance a month that each kind of standing payment begins."""
    homes, rule = world.homes, world.scenario.standing
    order = logistic(rule.order * homes.traits.conduct)
    served = state.other_service > 0
    return np.column_stack(
        [
            rule.begins * order,
            0.5 * rule.begins * order * homes.insured,
            0.4 * rule.begins * (homes.leased_mu > 0),
            rule.begins * served,
        ]
    )


def _changes(world: World, since: Ints, chosen: Bools, until: Ints) -> StandingChanges:
    home, kind = np.nonzero(chosen)
    # The amount is fixed when a payment begins, and so is found again when it ends.
    base = np.array([120.0, 60.0, 700.0, 800.0])[kind]
    amount = np.round(base * (0.6 + (home * 37 % 100) / 100.0), -1)
    return StandingChanges(home, kind, amount, since[home, kind], until[home, kind])
