"""Debts with other lenders: taken up in need or ambition, served after half the living costs."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.economy.money import means_with_savings
from data.simulator.economy.state import QUERY_MONTHS, State
from data.simulator.world.world import World


def seek_loans(world: World, state: State, month: int) -> Bools:
    """Let households ask other lenders and take their loans; return which asked."""
    homes, rule, number = world.homes, world.scenario.elsewhere, len(world.homes)
    rng = world.luck.own("elsewhere", month)
    short = np.clip(1.0 - state.cash / homes.living, 0.0, 1.0) + np.minimum(state.distress, 2.0)
    keen = np.exp(0.5 * homes.traits.ambition - 0.3 * homes.traits.prudence)
    asks = rng.random(number) < np.minimum(
        rule.asks * keen * (1.0 + rule.asks_in_need * short), 0.8
    )
    state.queries = np.roll(state.queries, 1, axis=1)
    state.queries[:, 0] = np.where(asks, 1 + rng.poisson(0.5 * short), 0)
    income = np.maximum(state.income_level, 1000.0)
    taken = asks & (rng.random(number) < rule.taken) & (state.missed == 0)
    taken &= state.other_service < rule.most_service * income
    amount = np.where(taken, income * rng.uniform(2.0, 7.0, number), 0.0)
    state.cash = state.cash + rule.kept * amount
    state.other_service = state.other_service + amount * rule.service
    state.other_left = np.where(taken, rule.months, state.other_left)
    state.lenders = state.lenders + taken
    return asks


def serve_others(world: World, state: State, living: Floats) -> None:
    """Pay other lenders after half the living costs; count the missed months."""
    owed = state.other_service * (1.0 + np.minimum(state.missed, 2))
    able = means_with_savings(world, state) - 0.5 * living
    is_paid = able >= owed
    state.cash = state.cash - np.where(is_paid, owed, 0.0)
    missed = ~is_paid & (state.other_service > 0)
    state.missed = np.where(missed, state.missed + 1, 0)
    state.other_left = np.where(is_paid, np.maximum(state.other_left - 1, 0), state.other_left)
    ended = state.other_left == 0
    state.other_service = np.where(ended, 0.0, state.other_service)
    state.lenders = np.where(ended, 0, state.lenders)


def queries_in_six_months(state: State) -> Ints:
    """Return the enquiries of the last `QUERY_MONTHS` months."""
    return np.asarray(state.queries[:, :QUERY_MONTHS].sum(axis=1))
