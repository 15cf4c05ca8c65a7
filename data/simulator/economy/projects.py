"""What a loan is for: a stake in the business that returns before the loan falls due."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import LIVESTOCK, NEVER, SERVICES, TRADER, Bools, Floats, Ints, logistic
from data.simulator.economy import schedule
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: A stake returns in equal parts over the last months of a loan.
_RETURN_MONTHS = 4


def invest(
    world: World, state: State, slot: LoanSlot, lent: Bools, month: int, purpose: int
) -> None:
    """Pay out the new loans (`lent`): part is invested in the business, part becomes cash.

    The return on the stake and the hidden unwillingness to repay are drawn here, once. A loan that
    is large against a household's income is wanted by those who take risks, and fails more often.
    """
    rule, homes, number = world.scenario.repayment, world.homes, len(world.homes)
    rng, traits = world.luck.own(f"stake {purpose}", month), homes.traits
    amount = slot.amount / 100.0
    stretch = np.log(np.maximum(amount, 1.0) / (6.0 * np.maximum(state.income_level, 1000.0)))
    share = np.clip(rule.invested + 0.08 * traits.prudence + rng.normal(0, 0.1, number), 0.2, 1.0)
    edge = rule.project_margin + rule.edge_by_ability * traits.ability
    edge = edge - rule.edge_by_stretch * stretch + rng.normal(0, rule.project_spread, number)
    edge = np.where(rng.random(number) < rule.project_fails, -1.0, edge)
    slot.stake = np.where(lent, share * amount, slot.stake)
    slot.edge = np.where(lent, np.maximum(edge, -1.0), slot.edge)
    odds = rule.strategic - rule.strategic_by_honesty * traits.honesty
    odds = odds - rule.strategic_by_prudence * traits.prudence + rule.strategic_by_stretch * stretch
    refuses = rng.random(number) < logistic(odds)
    from_number = 1 + np.floor(rng.random(number) ** 0.7 * slot.count).astype(np.int64)
    slot.refuses_from = np.where(lent, np.where(refuses, from_number, NEVER), slot.refuses_from)
    state.cash = state.cash + np.where(lent, (1 - share) * amount, 0.0)


def returns(world: World, state: State, slot: LoanSlot, month: int) -> Floats:
    """Return the money that the stakes return this month, by the course of trade and season."""
    age, span = month - slot.start, _span(slot)
    working = slot.open & (slot.stake > 0) & (age > slot.term - span) & (age <= slot.term)
    returned = slot.stake * (1 + slot.edge) / span * _business_level(world, state, month)
    return np.where(working, np.maximum(returned, 0.0), 0.0)


def give_back(state: State, slot: LoanSlot, done: Bools, month: int) -> None:
    """Turn the part of a stake that has not yet returned into cash, where a loan ends early."""
    span = _span(slot)
    left = np.clip(slot.term - (month - slot.start), 0, span) / span
    state.cash = state.cash + np.where(done, left * slot.stake * (1 + slot.edge), 0.0)


def _span(slot: LoanSlot) -> Ints:
    """Return the months in which a stake returns; a loan repaid along the way earns so too."""
    months = np.where(schedule.principal_at_end(slot.kind), _RETURN_MONTHS, slot.term)
    return np.minimum(months, slot.term)


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
