"""Repayment to the day: by habit, by money at hand, and by will."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Floats, Ints, logistic
from data.simulator.economy import schedule
from data.simulator.economy.loan import LoanSlot
from data.simulator.economy.money import raise_means, spare_means
from data.simulator.economy.projects import give_back
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: Instalments that a household pays in a month at most, so that arrears are caught up.
_MOST_A_MONTH = 4


@dataclass(frozen=True)
class Payments:
    """One entry per instalment paid in a month; amounts in fen, days since 1970-01-01."""

    household: Ints
    loan: Ints
    number: Ints
    due_on: Ints
    principal: Ints
    interest: Ints
    paid_on: Ints


def pay(world: World, state: State, slot: LoanSlot, month: int, purpose: str) -> Payments:
    """Pay what falls due as far as each household can and will; return the payments."""
    rng = world.luck.own(purpose, month)
    plan = _planned_days(world, state, slot, month, rng)
    rounds = [_pay_next(world, state, slot, month, plan, rng, r) for r in range(_MOST_A_MONTH)]
    return Payments(
        *(np.concatenate([getattr(paid, name) for paid in rounds])
          for name in Payments.__dataclass_fields__)
    )  # fmt: skip


def close_repaid(state: State, slot: LoanSlot, month: int) -> Bools:
    """Close loans that are fully repaid; return which were."""
    done = slot.open & (slot.due_on == NEVER)
    give_back(state, slot, done, month)
    state.repaid = state.repaid + done
    slot.close(done, month)
    return np.asarray(done)


def _planned_days(
    world: World, state: State, slot: LoanSlot, month: int, rng: np.random.Generator
) -> Ints:
    """Return the day on which each household means to pay its next instalment.

    The day is the due date plus the household's habit; the careless let it slip at times. A
    household with money to spare may repay principal months before it falls due.
    """
    homes, rule, number = world.homes, world.scenario.habits, len(world.homes)
    care, distress = homes.traits.conduct, np.minimum(state.distress, 2.0)
    days = homes.habit + homes.spread * rng.standard_normal(number)
    slips = rng.random(number) < logistic(rule.slip - rule.slip_by_conduct * care + 0.6 * distress)
    days = days + np.where(slips, rng.exponential(rule.slip_days, number), 0.0)
    planned = slot.due_on + np.rint(np.clip(days, -25.0, 80.0)).astype(np.int64)
    ahead = slot.due_on - months.first_day(month)
    last = slot.open & (slot.due_on >= months.first_day(slot.start + slot.term))
    last &= schedule.principal_at_end(slot.kind)
    rich = state.cash > rule.early_cash * slot.due / 100.0 + 3.0 * homes.living
    early = last & rich & (ahead > 0) & (ahead < 120)
    early &= rng.random(number) < rule.early * np.exp(0.5 * care)
    sometime = months.first_day(month) + rng.integers(0, 28, number)
    return np.where(early, np.minimum(planned, sometime), planned)


def _pay_next(
    world: World,
    state: State,
    slot: LoanSlot,
    month: int,
    plan: Ints,
    rng: np.random.Generator,
    count: int,
) -> Payments:
    """Pay one instalment of each household that means to, is able to, and has one to pay."""
    rule, homes, number = world.scenario.repayment, world.homes, len(world.homes)
    first, last = int(months.first_day(month)), int(months.last_day(month))
    owed, overdue = slot.due / 100.0, slot.due_on < first
    wants = slot.open & (slot.due > 0) & ((plan <= last) if count == 0 else (slot.due_on <= last))
    wants &= slot.paid + 1 < slot.refuses_from
    means = np.maximum(state.cash - rule.subsistence_months * homes.living, 0.0)
    extra = np.where(slot.due_on <= last, spare_means(world, state, rule.kin_for_loan), 0.0)
    pays = np.flatnonzero(wants & (means + extra >= owed))
    # Whoever must scrape the money together pays some days later than planned.
    tight = means < 1.5 * owed
    waits = np.where(tight, rng.integers(0, rule.tight_days, number), 0)
    catching_up = overdue | (np.full(number, count > 0))
    free = first + rng.integers(2, 27, number)
    day = np.where(catching_up, free, np.clip(plan, first, last) + waits)
    day = np.clip(day, first, last)
    loans = slot.take(pays)
    principal, interest = loans.next_parts()
    paid = Payments(
        pays, loans.number, loans.paid + 1, loans.due_on, principal, interest, day[pays]
    )
    _settle(world, state, slot, pays, np.maximum(owed - means, 0.0))
    return paid


def _settle(world: World, state: State, slot: LoanSlot, pays: Ints, lacking: Floats) -> None:
    is_payer = np.zeros(len(world.homes), dtype=bool)
    is_payer[pays] = True
    raise_means(world, state, np.where(is_payer, lacking, 0.0))
    state.cash = state.cash - np.where(is_payer, slot.due / 100.0, 0.0)
    slot.paid[pays] += 1
    slot.set_next(pays)
