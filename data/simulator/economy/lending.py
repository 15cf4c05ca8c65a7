"""Lending of a month: households apply, officers decide within a quota, loans are opened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.dated import in_series, value_on
from data.simulator.economy.eligibility import may_borrow, review_list
from data.simulator.economy.projects import invest
from data.simulator.economy.requests import draw_requests, need, requests
from data.simulator.economy.schedule import DRAW
from data.simulator.economy.state import E_LOAN, EARLIER, State
from data.simulator.world.world import World


@dataclass(frozen=True)
class Applications:
    """One entry per application of a month; amounts in fen, days of the month.

    Attributes
    ----------
    line : Ints
        Number of the revolving line that the loan is a draw on, -1 for none.
    guarantor : Ints
        Household that guarantees the loan, -1 for none.
    """

    product: Ints
    household: Ints
    amount: Ints
    kind: Ints
    term: Ints
    purpose: Ints
    rate: Floats
    applied: Ints
    day: Ints
    approved: Bools
    disbursed: Bools
    number: Ints
    line: Ints
    guarantor: Ints

    def __len__(self) -> int:
        return len(self.household)


def lend(world: World, state: State, month: int, first_number: int) -> Applications:
    """Renew the list, run the month's applications and open the disbursed loans."""
    review_list(world, state, month)
    earlier = _apply(world, state, EARLIER, month, first_number, _quota(world, EARLIER, month))
    draws = _draw(world, state, month, first_number + len(earlier))
    # Draws on open lines come first out of the month's quota.
    left = _quota(world, E_LOAN, month) - int(draws.amount.sum())
    number = first_number + len(earlier) + len(draws)
    fresh = _apply(world, state, E_LOAN, month, number, left)
    all_of_them = [earlier, draws, fresh]
    return Applications(
        *(np.concatenate([getattr(each, name) for each in all_of_them])
          for name in Applications.__dataclass_fields__)
    )  # fmt: skip


def annual_rate(world: World, month: int) -> float:
    """Return the annual rate: the loan prime rate of the month plus the branches' spread."""
    rule = world.scenario.lending
    return value_on(rule.prime_rate, month) + rule.spread


def _apply(
    world: World, state: State, product: int, month: int, number: int, quota: int
) -> Applications:
    """Return the applications served within the quota (fen), and open the loans."""
    luck = world.luck
    wants = np.flatnonzero(_applicants(world, state, product, month))
    queue = luck.own(f"queue {product}", month).permutation(wants)
    asked = requests(world, state, product, month, queue)
    approved, taken = _decide(world, state, month, product, queue)
    lent = np.where(approved & taken, asked["amount"], 0)
    # Officers serve applicants in turn until the month's quota is lent; the others do not count.
    served = np.cumsum(lent) - lent < quota
    applied = luck.own(f"day {product}", month).integers(1, 17, len(queue))
    made = _applications(
        world, state, product, month, number, queue[served],
        {name: values[served] for name, values in asked.items()},
        applied[served], approved[served], (approved & taken)[served],
    )  # fmt: skip
    _open(world, state, product, made, month)
    return made


def _draw(world: World, state: State, month: int, number: int) -> Applications:
    """Return the draws on open lines; a line needs no further decision."""
    rng, rule = world.luck.own("draw", month), world.scenario.lending
    free = (state.line_until > month) & state.slots[E_LOAN].is_free(month)
    free &= may_borrow(world, state, month) & (_quota(world, E_LOAN, month) > 0)
    drawn = np.flatnonzero(free & (rng.random(len(free)) < rule.draw))
    asked = draw_requests(world, state, month, drawn)
    yes = np.ones(len(drawn), dtype=bool)
    applied = rng.integers(1, 27, len(drawn))
    made = _applications(world, state, E_LOAN, month, number, drawn, asked, applied, yes, yes)
    _open(world, state, E_LOAN, made, month)
    return made


def _applications(
    world: World,
    state: State,
    product: int,
    month: int,
    number: int,
    household: Ints,
    asked: dict[str, Ints],
    applied: Ints,
    approved: Bools,
    disbursed: Bools,
) -> Applications:
    count, numbers = len(household), number + np.arange(len(household))
    rng = world.luck.own(f"terms {product}", month)
    is_draw, has_line = asked["kind"] == DRAW, state.line_until[household] > month
    wait = np.where(is_draw & has_line, 0, rng.integers(2, 12, count))
    guarantor = np.where(is_draw, -1, _guarantors(world, rng, product, household, asked["amount"]))
    return Applications(
        product=np.full(count, product),
        household=household,
        **asked,
        rate=np.full(count, annual_rate(world, month)),
        applied=applied,
        day=np.minimum(applied + wait, 28),
        approved=approved,
        disbursed=disbursed,
        number=numbers,
        # A line is numbered after its first draw.
        line=np.where(is_draw, np.where(has_line, state.line_number[household], numbers), -1),
        guarantor=guarantor,
    )


def _applicants(world: World, state: State, product: int, month: int) -> Bools:
    """Return which households apply; those short of cash and the ambitious apply more."""
    homes, rule = world.homes, world.scenario.lending
    short = np.exp(-0.25 * np.minimum(state.cash / homes.living, 8.0))
    keen = need(world, month) * np.exp(0.5 * homes.traits.ambition) * (0.5 + short)
    again = np.where(state.repaid > 0, rule.again, 1.0)
    chance = rule.apply[product] * keen * again
    if product == E_LOAN:
        chance = chance * np.where(state.listed, 1.0, rule.unlisted)
        chance = np.where(state.line_until > month, 0.0, chance)
    drawn = world.luck.own(f"apply {product}", month).random(len(homes))
    free = may_borrow(world, state, month) & state.slots[product].is_free(month)
    return free & (drawn < np.minimum(chance, 0.9))


def _decide(
    world: World, state: State, month: int, product: int, household: Ints
) -> tuple[Bools, Bools]:
    """Return which loans officers approve after a visit, and which approved loans are taken up."""
    traits, rule = world.homes.traits, world.scenario.lending
    rng = world.luck.own(f"decide {product}", month)
    income = np.maximum(state.income_level[household], 1000.0)
    seen = (
        0.2 * traits.conduct[household]
        + 0.3 * traits.ability[household]
        - 0.6 * np.minimum(state.distress[household], 3)
    )
    comfort = np.log(income / world.homes.living[household])
    seen = seen + 0.8 * np.clip(comfort, -1.0, 0.5)
    seen = seen - 1.5 * np.minimum(state.other_service[household] / income, 1.0)
    months_of_cash = state.cash[household] / world.homes.living[household]
    seen = seen - rule.decline_short * np.clip(2.0 - months_of_cash, 0.0, 2.0)
    seen = seen + rng.normal(0, rule.decline_noise, len(household))
    return seen > rule.decline_bar, rng.random(len(household)) >= rule.not_taken_up


def _guarantors(
    world: World, rng: np.random.Generator, product: int, household: Ints, amount: Ints
) -> Ints:
    """Return a household of the same village for some of the larger loans, else -1."""
    rule, village = world.scenario.lending, world.homes.village
    first = np.searchsorted(village, village[household], side="left")
    last = np.searchsorted(village, village[household], side="right")
    found = first + np.floor(rng.random(len(household)) * (last - first)).astype(np.int64)
    needed = rng.random(len(household)) < rule.guaranteed[product]
    needed &= (amount >= rule.guaranteed_from * 100) & (found != household)
    return np.where(needed, found, -1)


def _open(world: World, state: State, product: int, made: Applications, month: int) -> None:
    slot, chosen = state.slots[product], made.disbursed
    at = made.household[chosen]
    slot.number[at], slot.day[at] = made.number[chosen], made.day[chosen]
    slot.kind[at], slot.amount[at] = made.kind[chosen], made.amount[chosen]
    slot.rate[at], slot.term[at] = made.rate[chosen], made.term[chosen]
    slot.start[at], slot.paid[at] = month, 0
    slot.guarantor[at] = made.guarantor[chosen]
    slot.extended[at] = slot.restructured[at] = False
    _open_lines(world, state, made, month)
    slot.set_next(at)
    lent = np.zeros(len(world.homes), dtype=bool)
    lent[at] = True
    invest(world, state, slot, lent, month, product)


def _open_lines(world: World, state: State, made: Applications, month: int) -> None:
    """Open a line where a first draw is disbursed; its limit exceeds the first draw."""
    first = made.disbursed & (made.line >= 0) & (state.line_until[made.household] <= month)
    at = made.household[first]
    state.line_number[at] = made.line[first]
    state.line_limit[at] = np.rint(made.amount[first] * world.scenario.lending.line_of_draw)
    state.line_until[at] = month + world.scenario.lending.line_months


def _quota(world: World, product: int, month: int) -> int:
    """Return the month's quota in fen, scaled to the size of the world."""
    rule = world.scenario.lending
    if product == EARLIER:
        return round(value_on(rule.earlier_quota, month) * 1e8 * world.scale)
    return round(in_series(rule.quota, month) * 1e8 * world.scale)
