"""The state of all households, which changes from month to month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import NEVER, Bools, Floats, Ints
from data.simulator.economy.loan import LoanSlot, empty_slot
from data.simulator.world.world import World

#: Slots of `State.slots`: the bank's earlier farmer loan, and 融资E.
EARLIER, E_LOAN = 0, 1
#: Months that a bureau counts queries for.
QUERY_MONTHS = 6


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
    trade : Floats
        Log fortune of the household's business, which persists.
    bank_drift : Floats
        Drift of the log odds of the share of money that lies with this bank.
    other_service, other_left, lenders : Floats, Ints, Ints
        Monthly payment to other lenders, months left to pay it, number of those lenders.
    missed : Ints
        Months in a row in which other lenders were not paid.
    queries : Ints, households x 6
        Enquiries by lenders in each of the last six months.
    peer : Ints
        Last villagers' grade: 0 (A) to 3 (D), -1 if never reviewed.
    listed : Bools
        Whether the branch has the household on its list for 融资E.
    line_number, line_limit, line_until : Ints
        Revolving line: number (-1 for none), limit in fen, month of expiry.
    standing_since : Ints, households x 4
        Day since which a standing payment of each kind runs, NEVER if none.
    adverse_day : Ints, households x 3
        Day since which a court, blacklist or overdue-elsewhere record is open, NEVER if none.
    slots : tuple of LoanSlot
        `EARLIER` and `E_LOAN`; the truth adds a third.
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
    bank_drift: Floats
    other_service: Floats
    other_left: Ints
    lenders: Ints
    missed: Ints
    queries: Ints
    peer: Ints
    seen_balance: Floats
    listed: Bools
    line_number: Ints
    line_limit: Ints
    line_until: Ints
    repaid: Ints
    standing_since: Ints
    adverse_day: Ints
    slots: tuple[LoanSlot, ...]

    @property
    def adverse(self) -> Bools:
        """Return which households have an unresolved adverse record."""
        return np.asarray((self.adverse_day < NEVER).any(axis=1))

    def guaranteed(self) -> Ints:
        """Return the fen that each household guarantees for others."""
        total = np.zeros(len(self.cash), dtype=np.int64)
        for slot in self.slots:
            at = np.flatnonzero(slot.open & (slot.guarantor >= 0))
            np.add.at(total, slot.guarantor[at], slot.take(at).balance)
        return total

    def days_past_due(self, day: int) -> Ints:
        """Return each household's worst days past due with the bank on `day`."""
        return np.asarray(np.max([slot.days_past_due(day) for slot in self.slots], axis=0))


def first_state(world: World) -> State:
    """Return the state before the first simulated month."""
    homes, number = world.homes, len(world.homes)
    rng = world.luck.shared("first state")
    zeros, none = np.zeros(number), np.zeros(number, dtype=np.int64)
    yields = world.scenario.farming.yield_kg
    crop_yield = np.asarray(yields, dtype=np.float64)[homes.special]
    indebted = homes.other_service > 0
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
        bank_drift=zeros.copy(),
        other_service=homes.other_service.copy(),
        other_left=np.where(indebted, rng.integers(3, 30, number), 0),
        lenders=indebted.astype(np.int64),
        missed=none.copy(),
        queries=np.zeros((number, QUERY_MONTHS), dtype=np.int64),
        peer=none - 1,
        seen_balance=0.7 * homes.start_cash,
        listed=np.zeros(number, dtype=bool),
        line_number=none - 1,
        line_limit=none.copy(),
        line_until=none.copy(),
        repaid=none.copy(),
        standing_since=np.full((number, 4), NEVER),
        adverse_day=np.full((number, 3), NEVER),
        slots=(empty_slot(number), empty_slot(number)),
    )
