"""Repayment: the business returns the stake of a loan, and the household pays."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import LIVESTOCK, SERVICES, TRADER, Bools, Floats, Ints, logistic
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.money import raise_means, spare_means
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: A stake returns in equal parts over the last months of a loan.
_RETURN_MONTHS = 4


def invest(world: World, state: State, slot: LoanSlot, lent: Bools, month: int) -> None:
    """Pay out the new loans (`lent`): part is invested in the business, part becomes cash.

    The edge, the return on the stake, and the hidden unwillingness to repay are drawn here, once.
    """
    rule, homes, number = world.scenario.repayment, world.homes, len(world.homes)
    rng = world.luck.own("stake", month)
    amount = slot.amount / 100.0
    share = np.clip(rule.invested + 0.08 * homes.prudence + rng.normal(0, 0.1, number), 0.2, 1.0)
    edge = rule.project_margin + 0.08 * homes.ability + rng.normal(0, rule.project_spread, number)
    slot.stake = np.where(lent, share * amount, slot.stake)
    slot.edge = np.where(lent, np.maximum(edge, -0.95), slot.edge)
    refuses = rng.random(number) < logistic(
        rule.strategic + rule.strategic_by_prudence * homes.prudence
    )
    slot.unwilling = np.where(lent, refuses, slot.unwilling)
    state.cash = state.cash + np.where(lent, (1 - share) * amount, 0.0)


def returns(world: World, state: State, slot: LoanSlot, month: int) -> Floats:
    """Return the money that the stakes return this month, by the course of trade and season."""
    age = month - slot.start
    span = np.minimum(_RETURN_MONTHS, slot.term)
    working = slot.open & (slot.stake > 0) & (age > slot.term - span) & (age <= slot.term)
    returned = slot.stake * (1 + slot.edge) / span * _business_level(world, state, month)
    slot.stake = np.where(slot.open & (age >= slot.term), 0.0, slot.stake)
    return np.where(working, np.maximum(returned, 0.0), 0.0)


def pay(world: World, state: State, slot: LoanSlot, month: int, purpose: str) -> Ints:
    """Pay the amount due as far as the household can and will; return the payment in fen."""
    rule, homes, number = world.scenario.repayment, world.homes, len(world.homes)
    owed = slot.arrears(month) / 100.0
    means = np.maximum(state.cash - rule.subsistence_months * homes.living, 0.0)
    extra = spare_means(world, state, rule.kin_for_loan)
    drawn = world.luck.own(purpose, month).random(number)
    forgets = drawn < rule.forget * np.exp(-0.9 * homes.prudence)
    holds_back = slot.unwilling & (means < 20.0 * owed)
    able = np.where(forgets | holds_back, 0.0, means + extra)
    paid = np.floor(np.minimum(owed, able) * 100.0).astype(np.int64)
    raise_means(world, state, np.maximum(paid / 100.0 - means, 0.0))
    state.cash = state.cash - paid / 100.0
    slot.paid = slot.paid + paid
    return paid


def close_repaid(state: State, slot: LoanSlot) -> None:
    """Close loans that are fully repaid."""
    done = slot.open & (slot.paid >= slot.total)
    state.repaid = state.repaid + done
    slot.number = np.where(done, -1, slot.number)


def _business_level(world: World, state: State, month: int) -> Floats:
    """Return the state of each household's business, 1 in a normal month."""
    homes = world.homes
    normal = np.asarray(world.scenario.farming.yield_kg, dtype=np.float64)
    fields = 0.5 * (state.wheat / normal[0] + state.maize / normal[1])
    crops = np.where(homes.special_mu > 0, state.special / normal[homes.special], fields)
    prices = np.exp(world.shocks.prices(month))[homes.special]
    crops = crops * np.where(homes.special_mu > 0, prices, 1.0)
    herds = state.herd_health * np.exp(world.shocks.herd_price(month))
    trade = np.exp(state.trade) * world.shocks.roads(month)[homes.county]
    is_trade = homes.works_as(TRADER) | homes.works_as(SERVICES)
    return np.select([is_trade, homes.works_as(LIVESTOCK)], [trade, herds], crops)
