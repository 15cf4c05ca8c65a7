"""One month of all households, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.economy import farming, livelihood, money, repaying
from data.simulator.economy.assessing import peer_reviews
from data.simulator.economy.borrowing import Applications, has_new_loan, lend
from data.simulator.economy.distress import AdverseEvents, record_distress
from data.simulator.economy.livelihood import Earnings
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.state import State
from data.simulator.world.world import World


@dataclass(frozen=True)
class MonthResult:
    """The events of a month, per household: money in yuan, loan payments in fen."""

    month: int
    grain: Floats
    special: Floats
    earnings: Earnings
    subsidy: Floats
    premium: Floats
    bills_on_time: Ints
    balance: Floats
    paid: Ints
    days_past_due: Ints
    reviewed: Bools
    adverse: AdverseEvents


def simulate_month(
    world: World, state: State, month: int, standard: LoanSlot | None = None
) -> MonthResult:
    """Advance `state` by one month: harvest, work, spend, repay, save, but not borrow.

    `standard` is a second loan of every household, see `data.simulator.truth`.
    """
    before = state.cash.copy()
    grain, special, granted, premium = _farm(world, state, month)
    earnings = livelihood.work(world, state, month)
    slots = [state.loan] if standard is None else [state.loan, standard]
    returned = sum(repaying.returns(world, state, slot, month) for slot in slots)
    cost = farming.input_costs(world, month)
    state.cash = state.cash + grain + special + granted - premium + earnings.net + returned
    money.buy_inputs(world, state, cost)
    money.pay_living(world, state, month, slots)
    on_time = money.bills_on_time(world, state, month)
    paid = [repaying.pay(world, state, slot, month, f"pay {i}") for i, slot in enumerate(slots)]
    money.save(world, state, grain + special + granted - premium + earnings.net - cost)
    late = state.loan.days_past_due(month)
    return MonthResult(
        month=month,
        grain=grain,
        special=special,
        earnings=earnings,
        subsidy=farming.subsidy(world, month),
        premium=premium,
        bills_on_time=on_time,
        balance=0.5 * (before + state.cash) * world.homes.bank_share,
        paid=paid[0],
        days_past_due=late,
        reviewed=peer_reviews(world, state, month),
        adverse=record_distress(world, state, month, late),
    )


def borrow_month(world: World, state: State, month: int, first_number: int) -> Applications:
    """Close repaid loans and lend to new applicants at the end of the month."""
    repaying.close_repaid(state, state.loan)
    applications = lend(world, state, month, first_number)
    repaying.invest(world, state, state.loan, has_new_loan(world, applications), month)
    return applications


def _farm(world: World, state: State, month: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return grain sales, special sales, subsidy with payouts, and insurance premiums."""
    farming.reap(world, state, month)
    grain, special = farming.farm_sales(world, state, month)
    granted = farming.subsidy(world, month) + farming.payout(world, state, month)
    premium = world.scenario.farming.premium_rate * farming.insured_value(world, month)
    return grain, special, granted, np.asarray(premium)
