"""The money of households: inputs, living costs, mishaps, savings, bills."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import Floats, Ints, logistic
from data.simulator.economy.state import State
from data.simulator.world.world import World


def buy_inputs(world: World, state: State, cost: Floats) -> None:
    """Pay for inputs as far as means allow; unpaid inputs lower the next yields."""
    means = np.maximum(means_with_savings(world, state) - 0.3 * world.homes.living, 0.0)
    paid = np.minimum(cost, means)
    _take(state, paid)
    bought = cost > 0
    state.funded = np.where(
        bought, np.divide(paid, cost, out=np.ones_like(cost), where=bought), state.funded
    )


def living_costs(world: World, state: State, month: int) -> Floats:
    """Return the month's spending: needs, less for the poor, and a part of the surplus."""
    homes, money = world.homes, world.scenario.money
    needs = homes.living * np.clip(0.3 + 0.7 * state.income_level / homes.living, 0.45, 1.0)
    needs *= np.clip(0.7 + 0.3 * (state.cash + state.reserve) / homes.living, 0.7, 1.0)
    surplus = np.maximum(state.income_level - homes.living, 0.0)
    care = homes.traits.prudence
    spent = np.clip(money.surplus_spent - money.surplus_by_prudence * care, 0.15, 0.97)
    spent *= 1.0 - _saving_up(world, state, month)
    noise = world.luck.own("living", month).lognormal(-0.01, 0.12, len(homes))
    return np.asarray((needs + spent * surplus) * noise)


def mishaps(world: World, state: State, month: int) -> Floats:
    """Return the cost of illness and family duties; illness also costs working months."""
    homes, money, number = world.homes, world.scenario.money, len(world.homes)
    rng = world.luck.own("mishaps", month)
    age = 1.0 + 0.03 * np.maximum(homes.traits.age - 45.0, 0.0)
    struck = rng.random(number) < money.illness * np.exp(0.45 * homes.traits.frailty) * age
    cost = money.illness_cost * rng.lognormal(0.0, money.illness_spread, number)
    state.sick = np.where(struck, 3.0, np.maximum(state.sick - 1.0, 0.0))
    # A wedding or a house costs most of the money of a family, rich or poor.
    is_ceremony = rng.random(number) < money.ceremony
    state.reserve = np.where(is_ceremony, 1 - money.ceremony_share, 1.0) * state.reserve
    spent = np.where(is_ceremony, money.ceremony_share * np.maximum(state.cash, 0.0), 0.0)
    return np.where(struck, cost, 0.0) + spent


def cover(world: World, state: State) -> None:
    """Cover negative cash from savings and relatives; what remains unpaid adds to distress."""
    shortfall = np.maximum(-state.cash, 0.0)
    raised = np.minimum(shortfall, spare_means(world, state, 1.0))
    raise_means(world, state, raised)
    state.cash = np.maximum(state.cash, 0.0)
    state.distress = 0.85 * state.distress + (shortfall - raised) / world.homes.living


def save(world: World, state: State, income: Floats, month: int) -> None:
    """Repay relatives, move spare cash elsewhere, and update the income level."""
    homes, money = world.homes, world.scenario.money
    rng = world.luck.own("save", month)
    returned = np.minimum(state.kin_debt, 0.15 * np.maximum(state.cash - homes.living, 0.0))
    state.kin_debt, state.cash = state.kin_debt - returned, state.cash - returned
    buffer = money.buffer_months * homes.living * np.exp(0.3 * homes.traits.prudence)
    swept = money.sweep * np.maximum(state.cash - buffer, 0.0)
    state.cash, state.reserve = state.cash - swept, 0.995 * state.reserve + 0.7 * swept
    state.income_level = 0.94 * state.income_level + 0.06 * income
    state.bank_drift = 0.9 * state.bank_drift + rng.normal(0, money.bank_drift, len(homes))
    state.seen_balance = 0.85 * state.seen_balance + 0.15 * state.cash * bank_share(world, state)


def bank_share(world: World, state: State) -> Floats:
    """Return the share of each household's money that lies with this bank."""
    return logistic(world.homes.bank_logit + state.bank_drift)


def bills_on_time(world: World, state: State, month: int) -> Ints:
    """Return the number of the month's bills paid on time, by prudence and cash."""
    homes, money = world.homes, world.scenario.money
    odds = money.bills_odds + money.bills_by_conduct * homes.traits.conduct
    chance = logistic(odds - 1.5 * tightness(world, state))
    return world.luck.own("bills", month).binomial(homes.bills, chance)


def tightness(world: World, state: State) -> Floats:
    """Return how short of money each household is, from 0."""
    short = np.clip(1.0 - state.cash / world.homes.living, 0.0, 1.0)
    return np.asarray(short + np.minimum(state.distress, 2.0))


def means_with_savings(world: World, state: State) -> Floats:
    """Return the cash and the savings that can be had at once."""
    return state.cash + _liquid(world, state)


def spare_means(world: World, state: State, of_kin: float) -> Floats:
    """Return the means available from savings elsewhere and, in part, from relatives."""
    kin = np.maximum(world.homes.kin_limit - state.kin_debt, 0.0)
    return _liquid(world, state) + of_kin * kin


def raise_means(world: World, state: State, needed: Floats) -> None:
    """Take `needed` from savings elsewhere, then from relatives, into cash."""
    from_reserve = np.minimum(needed, _liquid(world, state))
    state.reserve = state.reserve - from_reserve
    state.kin_debt = state.kin_debt + needed - from_reserve
    state.cash = state.cash + needed


def _saving_up(world: World, state: State, month: int) -> Floats:
    """Return the share of spending saved before a due date; prudent households save more."""
    soon = int(months.last_day(month + 3))
    owed = np.sum([np.where(s.due_on <= soon, s.due, 0) for s in state.slots], axis=0) / 100.0
    pressed = np.clip(owed / (np.maximum(state.cash, 0.0) + 1.0), 0.0, 1.0)
    care = logistic(1.0 + 1.2 * world.homes.traits.prudence)
    return np.asarray(pressed * world.scenario.money.saving_up * care)


def _take(state: State, amount: Floats) -> None:
    """Pay `amount` from cash, then from savings elsewhere."""
    from_cash = np.minimum(amount, np.maximum(state.cash, 0.0))
    state.cash = state.cash - from_cash
    state.reserve = state.reserve - (amount - from_cash)


def _liquid(world: World, state: State) -> Floats:
    return world.scenario.money.reserve_liquid * state.reserve
