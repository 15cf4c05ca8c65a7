"""When a household pays: by habit, by money at hand, and by will."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.economy import repaying, schedule
from data.simulator.economy.loan import LoanSlot, empty_slot
from data.simulator.economy.state import State, first_state
from data.simulator.scenario import load_scenario
from data.simulator.world.world import World, build_world

START = months.month_of("2022-01")


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(load_scenario(), 1_000, 24, 3)


def lent_to_all(world: World, term: int = 12) -> LoanSlot:
    """A loan of 3,000 yuan in equal instalments to every household, paid out on the tenth."""
    slot, number = empty_slot(len(world.homes)), len(world.homes)
    slot.number[:], slot.kind[:], slot.amount[:] = np.arange(number), schedule.ANNUITY, 300_000
    slot.rate[:], slot.term[:], slot.start[:], slot.day[:] = 0.05, term, START, 10
    slot.set_next(np.arange(number))
    return slot


def paid_days(world: World, change: Callable[[State, LoanSlot], None]) -> tuple[Ints, Ints]:
    """Return household and days from the due date of every payment of a year."""
    state, slot = first_state(world), lent_to_all(world)
    change(state, slot)
    payments = []
    for month in range(START + 1, START + 14):
        payments.append(repaying.pay(world, state, slot, month, "test"))
    home = np.concatenate([paid.household for paid in payments])
    return home, np.concatenate([paid.paid_on - paid.due_on for paid in payments])


def rich(state: State, _: LoanSlot) -> None:
    state.cash = np.full(len(state.cash), 1e6)


def test_with_money_enough_everyone_pays_and_the_careful_pay_earlier(world: World) -> None:
    home, days = paid_days(world, rich)
    assert len(days) == 12 * len(world.homes)
    conduct = world.homes.traits.conduct[home]
    careful, careless = conduct > 1.0, conduct < -1.0
    assert days[careful].mean() + 3 < days[careless].mean()
    assert (days[careful] > 7).mean() < (days[careless] > 7).mean()


def test_a_household_keeps_its_habit(world: World) -> None:
    home, days = paid_days(world, rich)
    mean = np.bincount(home, days) / 12
    assert np.corrcoef(mean, world.homes.habit)[0, 1] > 0.7


def test_whoever_has_nothing_and_nobody_to_ask_pays_nothing(world: World) -> None:
    def broke(state: State, _: LoanSlot) -> None:
        state.cash[:] = state.reserve[:] = 0.0
        state.kin_debt = world.homes.kin_limit.copy()

    _, days = paid_days(world, broke)
    assert len(days) == 0


def test_money_that_comes_late_pays_late(world: World) -> None:
    state, slot = first_state(world), lent_to_all(world)
    state.cash[:] = state.reserve[:] = 0.0
    state.kin_debt = world.homes.kin_limit.copy()
    for month in range(START + 1, START + 4):
        assert len(repaying.pay(world, state, slot, month, "test").loan) == 0
    rich(state, slot)
    paid = repaying.pay(world, state, slot, START + 4, "test")
    oldest = paid.number == 1
    assert oldest.sum() == len(world.homes)
    assert ((paid.paid_on - paid.due_on)[oldest] > 60).all()
    # All arrears are caught up in that month, and in order.
    assert (slot.paid >= 3).all()


def test_whoever_does_not_mean_to_pay_stops_at_that_instalment(world: World) -> None:
    def unwilling(state: State, slot: LoanSlot) -> None:
        rich(state, slot)
        slot.refuses_from[:] = 4

    home, _ = paid_days(world, unwilling)
    assert (np.bincount(home, minlength=len(world.homes)) == 3).all()


def test_payments_never_lie_outside_their_month(world: World) -> None:
    state, slot = first_state(world), lent_to_all(world)
    for month in range(START + 1, START + 14):
        paid = repaying.pay(world, state, slot, month, "test").paid_on
        assert ((paid >= months.first_day(month)) & (paid <= months.last_day(month))).all()


def test_a_loan_that_ends_early_gives_its_stake_back(world: World) -> None:
    state, slot = first_state(world), lent_to_all(world)
    slot.stake[:], slot.edge[:] = 1_200.0, 0.0
    slot.paid[:] = 12
    slot.set_next(np.arange(len(world.homes)))
    before = state.cash.copy()
    closed = repaying.close_repaid(state, slot, START + 9)
    assert closed.all()
    assert np.allclose(state.cash - before, 1_200.0 * 3 / 12)
