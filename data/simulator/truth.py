"""The truth that no archive has: the outcome if every household had received a loan.

The same months are simulated again from the same state with the same shared shocks, but on the
as-of date every household receives one more loan, and no other loan later. Two worlds are
simulated: one with a standard loan for everyone, which compares members, and one with the loan
that each is offered, which measures the offers. Replications redraw the later luck of single
households, so that the true bad rate of each member and tier can be measured.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pyarrow as pa

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.economy import projects
from data.simulator.economy.economy import borrow_month, close_month, simulate_month
from data.simulator.economy.loan import LoanSlot, empty_slot
from data.simulator.economy.state import State, first_state
from data.simulator.offers import Offers, asked_offers, standard_offers, table_offers
from data.simulator.performance import BAD_DAYS, INDETERMINATE_DAYS, window_months
from data.simulator.world.id_numbers import member_ids
from data.simulator.world.world import World

OUTCOMES = ("good", "indeterminate", "bad")
STANDARD, OFFERED = "standard", "offered"


def truth_table(
    world: World, as_of: int, replications: int, past: State | None, offers: pa.Table | None
) -> pa.Table:
    """Return one row per member, loan and replication.

    Columns: ``member_id``, ``as_of``, ``loan`` (standard or offered), ``replication``, ``outcome``
    and ``worst_days_past_due`` in the loan's window. A member without an offer has no row of it.
    `past` is the state before `as_of`, if it is at hand.
    """
    past = history(world, as_of) if past is None else past
    offered = asked_offers(world, past, as_of) if offers is None else table_offers(world, offers)
    pieces = []
    for loan, chosen in ((STANDARD, standard_offers(world)), (OFFERED, offered)):
        for replication in range(replications):
            worst = _worst(world.redrawn(replication, as_of), deepcopy(past), chosen, as_of)
            pieces.append(_rows(world, as_of, loan, replication, worst, chosen))
    return pa.concat_tables(pieces)


def history(world: World, as_of: int) -> State:
    """Simulate every month before `as_of` again, with the same result."""
    state, loans = first_state(world), 0
    for month in range(world.origin, as_of):
        simulate_month(world, state, month)
        loans += len(borrow_month(world, state, month, loans))
    return state


def _rows(
    world: World, as_of: int, loan: str, replication: int, worst: Ints, offers: Offers
) -> pa.Table:
    holder = offers.holder[world.people.household]
    is_own = (holder < 0) | (holder == np.arange(len(holder)))
    member = np.flatnonzero(offers.given[world.people.household] & is_own)
    days = worst[world.people.household[member]]
    outcome = np.digitize(days, [INDETERMINATE_DAYS, BAD_DAYS])
    number = len(member)
    day = np.full(number, np.int32(months.first_day(as_of)))
    return pa.table(
        {
            "member_id": pa.array(member_ids(len(world.people))).take(pa.array(member)),
            "as_of": pa.array(day).cast(pa.date32()),
            "loan": pa.array([loan] * number),
            "replication": pa.array(np.full(number, replication)),
            "outcome": pa.array(OUTCOMES).take(pa.array(outcome)),
            "worst_days_past_due": pa.array(days),
        }
    )


def _worst(world: World, state: State, offers: Offers, as_of: int) -> Ints:
    """Return each household's worst days past due in the window of its loan."""
    slot = _grant(world, state, offers, as_of)
    closes = as_of + window_months(offers.kind, offers.term)
    worst = np.zeros(len(world.homes), dtype=np.int64)
    for month in range(as_of, int(closes[offers.given].max(initial=as_of)) + 1):
        paid = simulate_month(world, state, month).books[-1].payments
        late = slot.days_past_due(int(months.last_day(month)))
        np.maximum.at(late, paid.household, paid.paid_on - paid.due_on)
        worst = np.where(month <= closes, np.maximum(worst, late), worst)
        close_month(state, month)
    return worst


def _grant(world: World, state: State, offers: Offers, as_of: int) -> LoanSlot:
    """Add a slot with the offered loans to `state`; they are disbursed on the first of `as_of`."""
    slot, given = empty_slot(len(world.homes)), offers.given
    slot.number = np.where(given, np.arange(len(given)), -1)
    slot.kind, slot.amount, slot.rate = offers.kind.copy(), offers.amount.copy(), offers.rate.copy()
    slot.term, slot.start = offers.term.copy(), np.full(len(given), as_of)
    slot.set_next(np.flatnonzero(given))
    state.slots = (*state.slots, slot)
    projects.invest(world, state, slot, given, as_of, len(state.slots))
    return slot
