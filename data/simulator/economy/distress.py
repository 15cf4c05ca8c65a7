"""Adverse records of hidden distress: courts, blacklists, arrears and queries elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Floats, Ints
from data.simulator.economy.state import State
from data.simulator.world.world import World

ADVERSE_KINDS = ("court", "blacklist", "overdue_elsewhere", "bureau_query")
COURT, BLACKLIST, OVERDUE, QUERY = range(4)


@dataclass(frozen=True)
class AdverseEvents:
    """One entry per record opened or resolved in a month; amounts in yuan, 0 for none.

    ``resolved`` is the day of resolution, NEVER for a record that opens.
    """

    household: Ints
    kind: Ints
    opened: Ints
    resolved: Ints
    amount: Floats


def record_distress(
    world: World, state: State, month: int, days_past_due: Ints, asked: Bools
) -> AdverseEvents:
    """Open and resolve the month's adverse records, and update ``state.adverse_day``.

    `asked` are the households that asked another lender; the bureau reports some of the queries.
    """
    rng = world.luck.own("adverse", month)
    day = int(months.first_day(month)) + rng.integers(0, 28, len(world.homes))
    drawn = rng.random((len(world.homes), 4))
    opens = _opening(world, state, days_past_due, asked, drawn)
    ends = _ending(state, days_past_due, drawn)
    queries = np.flatnonzero(opens[:, QUERY])
    events = [_opened(world, state, queries, QUERY, day)]
    for kind in (COURT, BLACKLIST, OVERDUE):
        events += _open_and_resolve(world, state, kind, opens[:, kind], ends[:, kind], day)
    return _concatenate(events)


def _opening(world: World, state: State, days_past_due: Ints, asked: Bools, drawn: Floats) -> Bools:
    rule = world.scenario.distress
    sued = (state.missed >= rule.court_after) | (days_past_due > 180)
    listed = (state.missed >= rule.court_after - 2) | (days_past_due > 120)
    private = 0.002 * np.minimum(state.distress, 4.0)
    return np.stack(
        [
            drawn[:, COURT] < np.where(sued, rule.court, 0.0) + private,
            drawn[:, BLACKLIST] < np.where(listed, rule.blacklist, 0.0),
            state.missed >= rule.overdue_after,
            asked & (drawn[:, QUERY] < rule.query_seen),
        ],
        axis=1,
    )


def _ending(state: State, days_past_due: Ints, drawn: Floats) -> Bools:
    clear = (state.missed == 0) & (days_past_due == 0)
    return np.stack(
        [clear & (drawn[:, 0] > 0.88), clear & (drawn[:, 1] > 0.94), state.missed == 0], axis=1
    )


def _open_and_resolve(
    world: World, state: State, kind: int, opens: Bools, ends: Bools, day: Ints
) -> list[AdverseEvents]:
    """Resolve open records of one kind, and open new ones where none is open."""
    since = state.adverse_day[:, kind]
    ended = np.flatnonzero((since < NEVER) & ends & (since < day))
    resolved = AdverseEvents(
        ended,
        np.full(len(ended), kind),
        since[ended].copy(),
        day[ended],
        _amounts(world, state, ended),
    )
    opened = np.flatnonzero((since == NEVER) & opens)
    state.adverse_day[ended, kind] = NEVER
    state.adverse_day[opened, kind] = day[opened]
    return [resolved, _opened(world, state, opened, kind, day)]


def _opened(world: World, state: State, household: Ints, kind: int, day: Ints) -> AdverseEvents:
    amounts = np.zeros(len(household)) if kind == QUERY else _amounts(world, state, household)
    number = len(household)
    return AdverseEvents(
        household, np.full(number, kind), day[household], np.full(number, NEVER), amounts
    )


def _amounts(world: World, state: State, household: Ints) -> Floats:
    return np.round(4.0 * world.homes.living[household] + 8.0 * state.other_service[household], -2)


def _concatenate(events: list[AdverseEvents]) -> AdverseEvents:
    return AdverseEvents(
        *(np.concatenate([getattr(event, name) for event in events])
          for name in ("household", "kind", "opened", "resolved", "amount"))
    )  # fmt: skip
