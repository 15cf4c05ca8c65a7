"""Who may borrow, and whom a branch lists for 融资E."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import Bools, Floats
from data.simulator.dated import interpolated
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: Days past due with the bank from which a household gets no further loan.
_TOO_LATE = 30


def may_borrow(world: World, state: State, month: int) -> Bools:
    """Return which households are of age, consent, and have no adverse record or arrears."""
    people, today = world.people, int(months.first_day(month))
    first = people.principal_of
    age = (today - people.birth[first]) / 365.25
    may = (people.joined[first] < today) & (people.consent[first] < today)
    may &= people.withdrawn[first] > today
    may &= (age >= 18) & (age <= 61) & ~state.adverse
    return may & (state.days_past_due(today - 1) < _TOO_LATE)


def review_list(world: World, state: State, month: int) -> None:
    """Renew the branches' list: the households seen in the best light, with noise.

    The list grows by plan; whoever is on it mostly stays.
    """
    may = may_borrow(world, state, month)
    size = round(interpolated(world.scenario.lending.listed, month) * len(world.people))
    view = np.where(may, _view(world, state, month), -np.inf)
    order = np.argsort(-view, kind="stable")[: min(size, int(may.sum()))]
    state.listed = np.zeros(len(world.homes), dtype=bool)
    state.listed[order] = True


def _view(world: World, state: State, month: int) -> Floats:
    """Return how a branch sees each household: reviews, balances, a station, loans repaid."""
    homes, rule, number = world.homes, world.scenario.lending, len(world.homes)
    lasting = world.luck.shared("branch view").normal(0, rule.list_noise, number)
    lately = world.luck.shared("branch view", month).normal(0, 0.3 * rule.list_noise, number)
    peer = np.array([0.7, 0.25, -0.5, -1.4, -0.3])[state.peer]
    balance = np.log1p(state.seen_balance) - 8.6
    station = world.villages.station_opened[homes.village] <= months.first_day(month)
    view = peer + 0.25 * balance + 0.2 * station + 0.25 * np.minimum(state.repaid, 3)
    return np.asarray(view + 0.8 * state.listed + lasting + lately)
