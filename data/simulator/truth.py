"""The truth that no archive has: the outcome if every household had received a loan.

The same months are simulated again from the same state with the same shared shocks, but on the
as-of date every household receives a standard loan and no other loan later. Replications redraw the
later luck of single households, so that the true bad rate of each member and tier can be measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import pyarrow as pa

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.economy import repaying
from data.simulator.economy.economy import borrow_month, simulate_month
from data.simulator.economy.loan import BULLET, LoanSlot, empty_slot, instalment_and_total
from data.simulator.economy.state import State, first_state
from data.simulator.world.id_numbers import member_ids
from data.simulator.world.world import World

#: Days past due in the window from which a loan is bad, and from which it is indeterminate.
BAD_DAYS, INDETERMINATE_DAYS = 90, 30
OUTCOMES = ("good", "indeterminate", "bad")
_WINDOW_MONTHS = 12
#: The standard loan: fen, months, annual rate; it is repaid in one sum.
_AMOUNT, _TERM, _ANNUAL_RATE = 3_000_000, 12, 0.047


def truth_table(world: World, as_of: int, replications: int) -> pa.Table:
    """Return one row per member and replication: ``outcome`` and ``worst_days_past_due``."""
    home, number = world.people.household, len(world.people)
    ids = pa.array(member_ids(number))
    replicated = _worst_days_past_due(world, as_of, replications)
    worst = np.concatenate([days[home] for days in replicated])
    outcome = np.digitize(worst, [INDETERMINATE_DAYS, BAD_DAYS])
    day = np.full(len(worst), np.int32(months.first_day(as_of)))
    return pa.table(
        {
            "member_id": pa.concat_arrays([ids] * replications),
            "as_of": pa.array(day).cast(pa.date32()),
            "replication": pa.array(np.repeat(np.arange(replications), number)),
            "outcome": pa.array(OUTCOMES).take(pa.array(outcome)),
            "worst_days_past_due": pa.array(worst),
        }
    )


def history(world: World, as_of: int) -> State:
    """Simulate every month before `as_of` again, with the same result."""
    state, loans = first_state(world), 0
    for month in range(world.origin, as_of):
        simulate_month(world, state, month)
        loans += len(borrow_month(world, state, month, loans))
    return state


def _worst_days_past_due(world: World, as_of: int, replications: int) -> Iterator[Ints]:
    """Yield each household's worst days past due in the loan's window, for each replication."""
    past = history(world, as_of)
    for replication in range(replications):
        yield _worst(world.redrawn(replication, as_of), deepcopy(past), as_of)


def _worst(world: World, state: State, as_of: int) -> Ints:
    standard = _grant_to_all(world, state, as_of)
    worst = np.zeros(len(world.homes), dtype=np.int64)
    for month in range(as_of, as_of + _TERM + _WINDOW_MONTHS):
        simulate_month(world, state, month, standard)
        worst = np.maximum(worst, standard.days_past_due(month))
        repaying.close_repaid(state, state.loan)
        repaying.close_repaid(state, standard)
    return worst


def _grant_to_all(world: World, state: State, as_of: int) -> LoanSlot:
    number = len(world.homes)
    slot = empty_slot(number)
    slot.number[:] = np.arange(number)
    slot.kind[:], slot.amount[:] = BULLET, _AMOUNT
    slot.rate[:], slot.term[:], slot.start[:] = _ANNUAL_RATE, _TERM, as_of
    slot.instalment, slot.total = instalment_and_total(slot.kind, slot.amount, slot.rate, slot.term)
    repaying.invest(world, state, slot, slot.open, as_of)
    return slot
