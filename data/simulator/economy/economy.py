"""One month of all households, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.economy import elsewhere, farming, livelihood, money, projects, repaying
from data.simulator.economy.assessing import peer_reviews
from data.simulator.economy.collection import LoanEvents, collect, concat_events
from data.simulator.economy.distress import AdverseEvents, record_distress
from data.simulator.economy.lending import Applications, lend
from data.simulator.economy.livelihood import Earnings
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.repaying import Payments
from data.simulator.economy.standing import StandingChanges, change_standing
from data.simulator.economy.state import State
from data.simulator.world.world import World


@dataclass(frozen=True)
class LoanBook:
    """The loans of one product over a month: their state at its end, before repaid ones close.

    One entry per loan that was open; amounts in fen.
    """

    loan: Ints
    household: Ints
    due: Ints
    paid: Ints
    days_past_due: Ints
    balance: Ints
    payments: Payments


@dataclass(frozen=True)
class MonthResult:
    """The events of a month, per household: money in yuan."""

    month: int
    grain: Floats
    special: Floats
    earnings: Earnings
    subsidy: Floats
    premium: Floats
    bills_on_time: Ints
    tightness: Floats
    balance: Floats
    reviewed: Bools
    asked_elsewhere: Bools
    standing: StandingChanges
    books: list[LoanBook]
    loan_events: LoanEvents
    adverse: AdverseEvents


def simulate_month(world: World, state: State, month: int) -> MonthResult:
    """Advance `state` by one month: harvest, work, spend, repay, save, but not borrow."""
    before = state.cash.copy()
    grain, special, granted, premium = _farm(world, state, month)
    earnings = livelihood.work(world, state, month)
    returned = sum(projects.returns(world, state, slot, month) for slot in state.slots)
    cost = farming.input_costs(world, month)
    state.cash = state.cash + grain + special + granted - premium + earnings.net + returned
    money.buy_inputs(world, state, cost)
    _spend(world, state, month)
    tight = money.tightness(world, state)
    on_time = money.bills_on_time(world, state, month)
    books = [_repay(world, state, slot, month, str(i)) for i, slot in enumerate(state.slots)]
    asked = elsewhere.seek_loans(world, state, month)
    money.save(world, state, grain + special + granted - premium + earnings.net - cost, month)
    late = state.days_past_due(int(months.last_day(month)))
    return MonthResult(
        month=month,
        grain=grain,
        special=special,
        earnings=earnings,
        subsidy=farming.subsidy(world, month),
        premium=premium,
        bills_on_time=on_time,
        tightness=tight,
        balance=0.5 * (before + state.cash) * money.bank_share(world, state),
        reviewed=peer_reviews(world, state, month),
        asked_elsewhere=asked,
        standing=change_standing(world, state, month, tight),
        books=books,
        adverse=record_distress(world, state, month, late, asked),
        loan_events=concat_events(
            [collect(world, state, slot, month, str(i)) for i, slot in enumerate(state.slots)]
        ),
    )


def borrow_month(world: World, state: State, month: int, first_number: int) -> Applications:
    """Close repaid loans and lend to new applicants at the end of the month."""
    close_month(state, month)
    return lend(world, state, month, first_number)


def close_month(state: State, month: int) -> None:
    """Close repaid loans."""
    for slot in state.slots:
        repaying.close_repaid(state, slot, month)


def _spend(world: World, state: State, month: int) -> None:
    """Pay mishaps, other lenders and living costs; cover what is lacking."""
    illness = money.mishaps(world, state, month)
    living = money.living_costs(world, state, month)
    state.cash = state.cash - illness
    elsewhere.serve_others(world, state, living)
    state.cash = state.cash - living
    money.cover(world, state)


def _repay(world: World, state: State, slot: LoanSlot, month: int, purpose: str) -> LoanBook:
    at = np.flatnonzero(slot.open & (slot.start < month))
    due = slot.take(at).falls_due(month)
    payments = repaying.pay(world, state, slot, month, f"pay {purpose}")
    total = np.zeros(len(world.homes), dtype=np.int64)
    np.add.at(total, payments.household, payments.principal + payments.interest)
    loans = slot.take(at)
    return LoanBook(
        loan=loans.number,
        household=at,
        due=due,
        paid=total[at],
        days_past_due=loans.days_past_due(int(months.last_day(month))),
        balance=loans.balance,
        payments=payments,
    )


def _farm(world: World, state: State, month: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return grain sales, special sales, subsidy with payouts, and insurance premiums."""
    farming.reap(world, state, month)
    grain, special = farming.farm_sales(world, state, month)
    granted = farming.subsidy(world, month) + farming.payout(world, state, month)
    premium = world.scenario.farming.premium_rate * farming.insured_value(world, month)
    return grain, special, granted, np.asarray(premium)
