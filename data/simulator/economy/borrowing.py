"""The way to a loan: branches invite, members apply, officers decide, quotas end the month.

Who applies for a loan: need by season and trade, amount by income, terms by crop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import GROWER, LIVESTOCK, SERVICES, TRADER, Bools, Floats, Ints, fen
from data.simulator.economy.loan import (
    BULLET,
    INSTALMENTS,
    INTEREST_FIRST,
    LoanSlot,
    instalment_and_total,
)
from data.simulator.economy.state import State
from data.simulator.world.world import World

PURPOSES = ("inputs", "livestock", "equipment", "trade", "land", "other")
_INPUTS, _LIVESTOCK, _EQUIPMENT, _TRADE, _LAND, _OTHER = range(6)
#: How much each month calls for money, by kind of household.
_FARM_NEED = (0.9, 1.5, 1.5, 1.0, 1.1, 0.9, 0.6, 0.9, 1.5, 1.3, 0.6, 0.5)
_TRADE_NEED = (0.9, 0.7, 0.9, 1.0, 1.0, 0.9, 0.9, 1.0, 1.1, 1.1, 1.3, 1.4)
#: Months of the year in which a harvest has been sold, by special crop and, last, for grain alone.
_AFTER_HARVEST = ((), (), (6, 7), (11, 12), (7,), (12, 1), (7, 10), (11,), (8, 9, 12, 1))
_BULLET_TERMS = np.arange(6, 13)
_BULLET_WEIGHTS = np.array([0.26, 0.14, 0.20, 0.14, 0.08, 0.05, 0.13])


def is_eligible(world: World, state: State, month: int) -> Bools:
    """Return whom a branch may lend to: consent in force, of age, nothing unresolved."""
    people, today = world.people, months.first_day(month)
    first = people.principal_of
    age = (today - people.birth[first]) / 365.25
    known = (people.joined[first] < today) & (people.consent[first] < today)
    known &= people.withdrawn[first] > today
    return known & (age >= 18) & (age <= 61) & ~state.adverse & ~state.loan.open


def applies(world: World, state: State, month: int) -> Bools:
    """Return which invited households ask for a loan this month."""
    homes, rule = world.homes, world.scenario.lending
    # Those short of cash are keener, which works against the lender.
    short = np.exp(-0.25 * np.minimum(state.cash / homes.living, 8.0))
    keen = _need(world, month) * np.exp(0.5 * homes.ambition) * (0.5 + short)
    again = np.where(state.repaid > 0, rule.again, 1.0)
    drawn = world.luck.own("apply", month).random(len(homes))
    wants = drawn < np.minimum(rule.apply * keen * again, 0.9)
    return wants & (state.invited_until >= month) & is_eligible(world, state, month)


def requests(world: World, state: State, month: int, household: Ints) -> dict[str, Ints]:
    """Return what each applicant asks for: the columns of an application, amount in fen."""
    homes, rng = world.homes, world.luck.own("request", month)
    applied = rng.integers(1, 17, len(household))
    kind = _kinds(rng, homes.occupation[household])
    return {
        "amount": fen(_amounts(world, state, month, household)),
        "kind": kind,
        "term": _terms(rng, kind, homes.special[household], month),
        "purpose": _purposes(rng, homes.occupation[household]),
        "applied": applied,
        "day": applied + rng.integers(2, 13, len(household)),
    }


def value_on(dated: Mapping[str, float], month: int) -> float:
    """Return the value of the latest date not after `month`, or the first one before all dates."""
    values = {months.month_of(begins): value for begins, value in dated.items()}
    return float(values[max((begins for begins in values if begins <= month), default=min(values))])


def _need(world: World, month: int) -> Floats:
    """Return how much a household's business calls for money: land and season, or trade."""
    homes, of_year = world.homes, months.month_of_year(month)
    grower = homes.works_as(GROWER)
    land = homes.own_mu + homes.leased_mu + 8 * homes.special_mu
    scale = np.where(grower, 0.5 + 0.04 * np.minimum(land, 50.0), 1.3)
    return scale * np.where(grower, _FARM_NEED[of_year - 1], _TRADE_NEED[of_year - 1])


def _amounts(world: World, state: State, month: int, household: Ints) -> Floats:
    """Return the yuan asked for: a share of a year's income, under the ceiling of the day."""
    rule, number = world.scenario.lending, len(household)
    rng = world.luck.own("amount", month)
    yearly = 12.0 * np.maximum(state.income_level[household], 1500.0)
    keenness = rng.normal(0, 0.4, number) + 0.2 * world.homes.ambition[household]
    ceiling = value_on(rule.cap, month) * rng.uniform(0.8, 1.0, number)
    wish = np.minimum(rule.request_of_income * yearly * np.exp(keenness), ceiling)
    return np.maximum(np.round(wish / 1000.0), 3.0) * 1000.0


def _kinds(rng: np.random.Generator, occupation: Ints) -> Ints:
    """Growers mostly repay after harvest, traders in instalments."""
    drawn, farms = rng.random(len(occupation)), occupation == GROWER
    kind = np.where(drawn < np.where(farms, 0.74, 0.30), BULLET, INSTALMENTS)
    return np.where(drawn > np.where(farms, 0.92, 0.82), INTEREST_FIRST, kind).astype(np.int64)


def _terms(rng: np.random.Generator, kind: Ints, special: Ints, month: int) -> Ints:
    """Let bullets fall due when the borrower's own crop has been sold; others run whole years."""
    cumulated = np.cumsum(_bullet_weights(month), axis=1)[special]
    place = (rng.random(len(kind))[:, None] > cumulated).sum(axis=1)
    other = rng.choice(np.array([12, 18, 24]), len(kind), p=[0.72, 0.14, 0.14])
    return np.where(kind == BULLET, _BULLET_TERMS[np.minimum(place, 6)], other)


def _bullet_weights(month: int) -> Floats:
    """Return the chance of each bullet term by special crop (last row: none)."""
    due = months.month_of_year(month + _BULLET_TERMS)
    fits = np.array([np.isin(due, sold) for sold in _AFTER_HARVEST])
    weights = _BULLET_WEIGHTS * np.where(fits, 1.0, 0.06)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _purposes(rng: np.random.Generator, occupation: Ints) -> Ints:
    drawn = rng.random(len(occupation))
    farm = np.select(
        [drawn < 0.62, drawn < 0.8, drawn < 0.92], [_INPUTS, _EQUIPMENT, _LAND], _OTHER
    )
    herd = np.where(drawn < 0.85, _LIVESTOCK, _EQUIPMENT)
    trade = np.where(drawn < 0.88, _TRADE, _OTHER)
    traders = (occupation == TRADER) | (occupation == SERVICES)
    return np.select([traders, occupation == LIVESTOCK], [trade, herd], farm).astype(np.int64)


@dataclass(frozen=True)
class Applications:
    """One entry per application of a month; money in fen, ``day`` of the month."""

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

    def __len__(self) -> int:
        return len(self.household)


def lend(world: World, state: State, month: int, first_number: int) -> Applications:
    """Run the month's invitations, applications and decisions, and open the loans disbursed."""
    _invite(world, state, month)
    queue = world.luck.own("queue", month).permutation(np.flatnonzero(applies(world, state, month)))
    asked = requests(world, state, month, queue)
    approved, taken_up = _decide(world, state, month, queue)
    # Officers take applicants in turn until the month's quota is lent; the rest are not taken on.
    amounts = np.where(approved & taken_up, asked["amount"], 0)
    served = np.cumsum(amounts) - amounts < _quota(world, month)
    applications = Applications(
        household=queue[served],
        **{name: values[served] for name, values in asked.items()},
        rate=np.full(int(served.sum()), rate_at(world, month)),
        approved=approved[served],
        disbursed=(approved & taken_up)[served],
        number=first_number + np.arange(int(served.sum())),
    )
    _open(state.loan, applications, month)
    return applications


def rate_at(world: World, month: int) -> float:
    """Return the annual rate: the loan prime rate in force plus the branches' spread."""
    return value_on(world.scenario.lending.prime_rate, month) + world.scenario.lending.spread


def has_new_loan(world: World, applications: Applications) -> Bools:
    """Return which households received a loan this month."""
    lent = np.zeros(len(world.homes), dtype=bool)
    lent[applications.household[applications.disbursed]] = True
    return lent


def _invite(world: World, state: State, month: int) -> None:
    """Branches invite whom they see: reviews, balances, a station in the village; and they err."""
    homes, rule, number = world.homes, world.scenario.lending, len(world.homes)
    rng = world.luck.shared("invite", month)
    peer = np.array([0.9, 0.35, -0.6, -1.8, -0.35])[state.peer]
    balance = np.log1p(state.seen_balance) - 8.6
    station = world.villages.station_opened[homes.village] <= months.first_day(month)
    view = 0.8 * peer + 0.45 * balance + 0.2 * station + 0.25 * np.minimum(state.repaid, 3)
    view = view + rng.normal(0, rule.invite_noise, number)
    invited = (view > rule.invite_bar) & is_eligible(world, state, month)
    invited &= rng.random(number) < 0.25
    state.invited_until = np.where(invited, month + rule.invitation_lasts, state.invited_until)


def _decide(world: World, state: State, month: int, household: Ints) -> tuple[Bools, Bools]:
    """Officers judge what they see at the visit; some approved loans are never taken up."""
    homes, rule = world.homes, world.scenario.lending
    rng = world.luck.own("decide", month)
    seen = 0.5 * homes.prudence[household] + 0.3 * homes.ability[household]
    seen = seen + 0.4 * (np.log1p(state.seen_balance[household]) - 8.6)
    seen = seen - 0.6 * np.minimum(state.distress[household], 3.0)
    seen = seen + rng.normal(0, rule.decline_noise, len(household))
    return seen > rule.decline_bar, rng.random(len(household)) >= rule.not_taken_up


def _open(slot: LoanSlot, made: Applications, month: int) -> None:
    at, chosen = made.household[made.disbursed], made.disbursed
    instalment, total = instalment_and_total(
        made.kind[chosen], made.amount[chosen], made.rate[chosen], made.term[chosen]
    )
    slot.number[at], slot.kind[at] = made.number[chosen], made.kind[chosen]
    slot.amount[at], slot.rate[at] = made.amount[chosen], made.rate[chosen]
    slot.term[at], slot.start[at], slot.day[at] = made.term[chosen], month, made.day[chosen]
    slot.instalment[at], slot.total[at], slot.paid[at] = instalment, total, 0


def _quota(world: World, month: int) -> int:
    """Return the month's quota in fen, shrunk to the size of the world."""
    for begins, amounts in world.scenario.lending.quota.items():
        place = month - months.month_of(begins)
        if 0 <= place < len(amounts):
            return round(amounts[place] * 1e8 * world.scale)
    return 0
