"""The state of all households, which changes from month to month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import NEVER, Bools, Floats, Ints
from data.simulator.economy.loan import LoanSlot, empty_slot
from data.simulator.world.world import World


@dataclass
class State:
    """One entry per household at the end of a month; money in yuan.

    Attributes
    ----------
    income_level : Floats
        Slow average of monthly income after business costs: the income that a household expects.
    distress : Floats
        Months of living costs that could not be paid lately, with decay.
    wheat, maize, special : Floats
        Last harvested yield, kg a mu.
    funded : Floats
        Share of the last season's inputs that could be paid for.
    peer : Ints
        Last villagers' grade: 0 (A) to 3 (D), -1 if never reviewed.
    adverse_day : Ints, households x 3
        Day since which a court, blacklist or overdue-elsewhere record is open, NEVER if none.
    """

    cash: Floats
    reserve: Floats
    kin_debt: Floats
    income_level: Floats
    distress: Floats
    wheat: Floats
    maize: Floats
    special: Floats
    funded: Floats
    sick: Floats
    employed: Bools
    trade: Floats
    herd_health: Floats
    missed: Ints
    peer: Ints
    seen_balance: Floats
    invited_until: Ints
    repaid: Ints
    adverse_day: Ints
    loan: LoanSlot

    @property
    def adverse(self) -> Bools:
        """Return which households have an unresolved adverse record."""
        return np.asarray((self.adverse_day < NEVER).any(axis=1))


def first_state(world: World) -> State:
    """Return the state before the first simulated month."""
    homes, number = world.homes, len(world.homes)
    zeros = np.zeros(number)
    yields = world.scenario.farming.yield_kg
    crop_yield = np.asarray(yields, dtype=np.float64)[homes.special]
    return State(
        cash=homes.start_cash.copy(),
        reserve=0.8 * homes.start_cash,
        kin_debt=zeros.copy(),
        income_level=1.25 * homes.living,
        distress=zeros.copy(),
        wheat=np.full(number, float(yields[0])),
        maize=np.full(number, float(yields[1])),
        special=crop_yield,
        funded=np.ones(number),
        sick=zeros.copy(),
        employed=np.ones(number, dtype=bool),
        trade=zeros.copy(),
        herd_health=np.ones(number),
        missed=np.zeros(number, dtype=np.int64),
        peer=np.full(number, -1, dtype=np.int64),
        seen_balance=homes.start_cash * homes.bank_share,
        invited_until=np.full(number, -1, dtype=np.int64),
        repaid=np.zeros(number, dtype=np.int64),
        adverse_day=np.full((number, 3), NEVER),
        loan=empty_slot(number),
    )
