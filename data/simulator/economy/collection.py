"""What the bank does with loans that are late: extensions, restructurings, write-offs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Ints
from data.simulator.economy import schedule
from data.simulator.economy.distress import BLACKLIST
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.state import State
from data.simulator.world.world import World

LOAN_EVENTS = ("extended", "restructured", "written_off", "transferred")
EXTENDED, RESTRUCTURED, WRITTEN_OFF, TRANSFERRED = range(4)


@dataclass(frozen=True)
class LoanEvents:
    """One entry per event of a month; ``maturity`` is the new last day, NEVER for none."""

    loan: Ints
    household: Ints
    on: Ints
    kind: Ints
    maturity: Ints


def collect(world: World, state: State, slot: LoanSlot, month: int, purpose: str) -> LoanEvents:
    """Extend, restructure or write off late loans at the end of the month.

    An extension or a restructuring leaves the due dates of the books as they were agreed, so days
    past due go on to count from the original maturity.
    """
    rule, number = world.scenario.collection, len(world.homes)
    rng = world.luck.own(f"collect {purpose}", month)
    late, drawn = slot.days_past_due(int(months.last_day(month))), rng.random(number)
    willing = slot.paid + 1 < slot.refuses_from
    extends = (late > 0) & (late <= 31) & schedule.principal_at_end(slot.kind) & ~slot.extended
    extends &= willing & (slot.paid + 1 == slot.count) & (drawn < rule.extended)
    changes = (
        (late > 90) & (late <= 240) & willing & ~slot.restructured & (drawn < rule.restructured)
    )
    ends = (late > rule.written_off_after) & (drawn < rule.written_off)
    sold = rng.random(number) < rule.transferred
    slot.extended |= extends
    slot.restructured |= changes
    day = np.minimum(months.first_day(month) + rng.integers(18, 28, number), months.last_day(month))
    maturity = months.last_day(slot.maturity + rng.integers(3, 7, number))
    events = [
        _events(slot, extends, EXTENDED, day, maturity),
        _events(slot, changes, RESTRUCTURED, day, maturity + 180),
        _events(slot, ends & ~sold, WRITTEN_OFF, day, np.full(number, NEVER)),
        _events(slot, ends & sold, TRANSFERRED, day, np.full(number, NEVER)),
    ]
    _write_off(state, slot, ends, day, month)
    return concat_events(events)


def concat_events(events: list[LoanEvents]) -> LoanEvents:
    """Return all events in order."""
    names = LoanEvents.__dataclass_fields__
    return LoanEvents(*(np.concatenate([getattr(e, name) for e in events]) for name in names))


def _events(slot: LoanSlot, chosen: Bools, kind: int, day: Ints, maturity: Ints) -> LoanEvents:
    at = np.flatnonzero(chosen)
    return LoanEvents(slot.number[at], at, day[at], np.full(len(at), kind), maturity[at])


def _write_off(state: State, slot: LoanSlot, ends: Bools, day: Ints, month: int) -> None:
    """Close the loans; the household stays on the blacklist."""
    unlisted = ends & (state.adverse_day[:, BLACKLIST] == NEVER)
    state.adverse_day[:, BLACKLIST] = np.where(unlisted, day, state.adverse_day[:, BLACKLIST])
    slot.close(ends, month)
