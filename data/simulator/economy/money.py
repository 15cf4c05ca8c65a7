"""The money of households: inputs, living costs, mishaps, other debts, savings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.simulator.arrays import Floats, Ints, logistic
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.state import State
from data.simulator.world.world import World


def buy_inputs(world: World, state: State, cost: Floats) -> None:
    """Pay for inputs as far as means allow; unpaid inputs lower the next yields."""
    means = np.maximum(state.cash + _liquid(world, state) - 0.3 * world.homes.living, 0.0)
    paid = np.minimum(cost, means)
    _take(world, state, paid)
    bought = cost > 0
    state.funded = np.where(
        bought, np.divide(paid, cost, out=np.ones_like(cost), where=bought), state.funded
    )


def pay_living(world: World, state: State, month: int, slots: Sequence[LoanSlot]) -> None:
    """Pay living costs, mishaps and other debts; what cannot be paid adds to distress."""
    illness = _mishaps(world, state, month)
    living = _living(world, state, month, slots)
    state.cash = state.cash - illness
    _serve_others(world, state, living)
    state.cash = state.cash - living
    unpaid = _cover(world, state)
    state.distress = 0.85 * state.distress + unpaid / world.homes.living


def save(world: World, state: State, income: Floats) -> None:
    """Repay relatives, move spare cash elsewhere, and update the income level."""
    homes, money = world.homes, world.scenario.money
    returned = np.minimum(state.kin_debt, 0.15 * np.maximum(state.cash - homes.living, 0.0))
    state.kin_debt, state.cash = state.kin_debt - returned, state.cash - returned
    buffer = money.buffer_months * homes.living * np.exp(0.4 * homes.prudence)
    swept = money.sweep * np.maximum(state.cash - buffer, 0.0)
    state.cash, state.reserve = state.cash - swept, 0.995 * state.reserve + 0.7 * swept
    state.income_level = 0.94 * state.income_level + 0.06 * income
    state.seen_balance = 0.85 * state.seen_balance + 0.15 * state.cash * homes.bank_share


def bills_on_time(world: World, state: State, month: int) -> Ints:
    """Return the number of the month's bills paid on time, by prudence and cash."""
    homes = world.homes
    tight = np.clip(1.0 - state.cash / homes.living, 0.0, 1.0) + np.minimum(state.distress, 2.0)
    chance = 1.0 / (1.0 + np.exp(-(2.9 + 1.1 * homes.prudence - 1.5 * tight)))
    return world.luck.own("bills", month).binomial(homes.bills, chance)


def spare_means(world: World, state: State, for_loan: float) -> Floats:
    """Return the means available from savings elsewhere and, in part, from relatives."""
    kin = np.maximum(world.homes.kin_limit - state.kin_debt, 0.0)
    return _liquid(world, state) + for_loan * kin


def raise_means(world: World, state: State, needed: Floats) -> None:
    """Take `needed` from savings elsewhere, then from relatives, into cash."""
    from_reserve = np.minimum(needed, _liquid(world, state))
    state.reserve = state.reserve - from_reserve
    state.kin_debt = state.kin_debt + needed - from_reserve
    state.cash = state.cash + needed


def _living(world: World, state: State, month: int, slots: Sequence[LoanSlot]) -> Floats:
    """Return the spending: needs, reduced for poor households, and part of the surplus."""
    homes, money = world.homes, world.scenario.money
    needs = homes.living * np.clip(0.4 + 0.6 * state.income_level / homes.living, 0.6, 1.0)
    needs *= np.clip(0.7 + 0.3 * (state.cash + state.reserve) / homes.living, 0.7, 1.0)
    surplus = np.maximum(state.income_level - homes.living, 0.0)
    spent = np.clip(money.surplus_spent - money.surplus_by_prudence * homes.prudence, 0.15, 0.97)
    spent *= 1.0 - _saving_up(world, state, month, slots)
    noise = world.luck.own("living", month).lognormal(-0.01, 0.12, len(homes))
    return np.asarray((needs + spent * surplus) * noise)


def _saving_up(world: World, state: State, month: int, slots: Sequence[LoanSlot]) -> Floats:
    """Return the share of spending saved before a due date; prudent households save more."""
    owed = np.sum([slot.arrears(month + 3) for slot in slots], axis=0) / 100.0
    pressed = np.clip(owed / (state.cash + 1.0), 0.0, 1.0)
    care = logistic(1.0 + 1.2 * world.homes.prudence)
    return np.asarray(pressed * world.scenario.money.saving_up * care)


def _mishaps(world: World, state: State, month: int) -> Floats:
    """Return the cost of illness and family duties; illness also costs working months."""
    homes, money, number = world.homes, world.scenario.money, len(world.homes)
    rng = world.luck.own("mishaps", month)
    age = 1.0 + 0.03 * np.maximum(homes.head_age - 45.0, 0.0)
    struck = rng.random(number) < money.illness * np.exp(0.45 * homes.frailty) * age
    cost = money.illness_cost * rng.lognormal(0.0, money.illness_spread, number)
    state.sick = np.where(struck, 3.0, np.maximum(state.sick - 1.0, 0.0))
    # A wedding or a house costs most of the money of a family, rich or poor.
    is_ceremony = rng.random(number) < money.ceremony
    state.reserve = np.where(is_ceremony, 1 - money.ceremony_share, 1.0) * state.reserve
    spent = np.where(is_ceremony, money.ceremony_share * np.maximum(state.cash, 0.0), 0.0)
    return np.where(struck, cost, 0.0) + spent


def _serve_others(world: World, state: State, living: Floats) -> None:
    """Pay other lenders after half the living costs; count the missed months."""
    service = world.homes.other_service
    owed = service * (1.0 + np.minimum(state.missed, 2))
    able = state.cash + _liquid(world, state) - 0.5 * living
    is_paid = able >= owed
    state.cash = state.cash - np.where(is_paid, owed, 0.0)
    missed = ~is_paid & (service > 0)
    state.missed = np.where(missed, state.missed + 1, 0)


def _cover(world: World, state: State) -> Floats:
    """Cover negative cash from savings and relatives; return what remains unpaid."""
    shortfall = np.maximum(-state.cash, 0.0)
    raised = np.minimum(shortfall, spare_means(world, state, 1.0))
    raise_means(world, state, raised)
    state.cash = np.maximum(state.cash, 0.0)
    return shortfall - raised


def _take(world: World, state: State, amount: Floats) -> None:
    """Pay `amount` from cash, then from savings elsewhere."""
    from_cash = np.minimum(amount, np.maximum(state.cash, 0.0))
    state.cash = state.cash - from_cash
    state.reserve = state.reserve - (amount - from_cash)


def _liquid(world: World, state: State) -> Floats:
    return world.scenario.money.reserve_liquid * state.reserve
