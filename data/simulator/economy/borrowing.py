"""Lending of a month: branches invite, households apply, officers decide within a quota."""

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
#: Relative need for money by month of the year, of growers and of other households.
_FARM_NEED = (0.9, 1.5, 1.5, 1.0, 1.1, 0.9, 0.6, 0.9, 1.5, 1.3, 0.6, 0.5)
_TRADE_NEED = (0.9, 0.7, 0.9, 1.0, 1.0, 0.9, 0.9, 1.0, 1.1, 1.1, 1.3, 1.4)
#: Months of the year after the sale of a harvest, by special crop; last without a special crop.
_AFTER_HARVEST = ((), (), (6, 7), (11, 12), (7,), (12, 1), (7, 10), (11,), (8, 9, 12, 1))
_BULLET_TERMS = np.arange(6, 13)
_BULLET_WEIGHTS = np.array([0.26, 0.14, 0.20, 0.14, 0.08, 0.05, 0.13])


@dataclass(frozen=True)
class Applications:
    """One entry per application of a month; amounts in fen, ``day`` is the day of the month."""

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
    """Run the month's invitations, applications and decisions, and open the disbursed loans."""
    _invite(world, state, month)
    queue = world.luck.own("queue", month).permutation(
        np.flatnonzero(_applicants(world, state, month))
    )
    requested = _requests(world, state, month, queue)
    is_approved, is_taken_up = _decide(world, state, month, queue)
    # Officers serve applicants in turn until the month's quota is lent; the others do not count.
    amounts = np.where(is_approved & is_taken_up, requested["amount"], 0)
    served = np.cumsum(amounts) - amounts < _quota(world, month)
    applications = Applications(
        household=queue[served],
        **{name: values[served] for name, values in requested.items()},
        rate=np.full(int(served.sum()), _annual_rate(world, month)),
        approved=is_approved[served],
        disbursed=(is_approved & is_taken_up)[served],
        number=first_number + np.arange(int(served.sum())),
    )
    _open(state.loan, applications, month)
    return applications


def has_new_loan(world: World, applications: Applications) -> Bools:
    """Return which households received a loan this month."""
    lent = np.zeros(len(world.homes), dtype=bool)
    lent[applications.household[applications.disbursed]] = True
    return lent


def _is_eligible(world: World, state: State, month: int) -> Bools:
    """Return which households may borrow: consent, age, no adverse record, no open loan."""
    people, today = world.people, months.first_day(month)
    first = people.principal_of
    age = (today - people.birth[first]) / 365.25
    consents = (people.joined[first] < today) & (people.consent[first] < today)
    consents &= people.withdrawn[first] > today
    return consents & (age >= 18) & (age <= 61) & ~state.adverse & ~state.loan.open


def _invite(world: World, state: State, month: int) -> None:
    """Invite households by reviews, balances and a station in the village, with noise."""
    homes, rule, number = world.homes, world.scenario.lending, len(world.homes)
    rng = world.luck.shared("invite", month)
    peer = np.array([0.9, 0.35, -0.6, -1.8, -0.35])[state.peer]
    balance = np.log1p(state.seen_balance) - 8.6
    station = world.villages.station_opened[homes.village] <= months.first_day(month)
    view = 0.8 * peer + 0.45 * balance + 0.2 * station + 0.25 * np.minimum(state.repaid, 3)
    view = view + rng.normal(0, rule.invite_noise, number)
    invited = (view > rule.invite_bar) & _is_eligible(world, state, month)
    invited &= rng.random(number) < 0.25
    state.invited_until = np.where(invited, month + rule.invitation_lasts, state.invited_until)


def _applicants(world: World, state: State, month: int) -> Bools:
    """Return which invited households apply for a loan this month."""
    homes, rule = world.homes, world.scenario.lending
    # Households short of cash apply more often, which is adverse selection.
    short = np.exp(-0.25 * np.minimum(state.cash / homes.living, 8.0))
    keen = _need(world, month) * np.exp(0.5 * homes.ambition) * (0.5 + short)
    again = np.where(state.repaid > 0, rule.again, 1.0)
    drawn = world.luck.own("apply", month).random(len(homes))
    wants = drawn < np.minimum(rule.apply * keen * again, 0.9)
    return wants & (state.invited_until >= month) & _is_eligible(world, state, month)


def _need(world: World, month: int) -> Floats:
    """Return the relative need for money of each household, by land and season, or by trade."""
    homes, of_year = world.homes, months.month_of_year(month)
    grower = homes.works_as(GROWER)
    land = homes.own_mu + homes.leased_mu + 8 * homes.special_mu
    scale = np.where(grower, 0.5 + 0.04 * np.minimum(land, 50.0), 1.3)
    return scale * np.where(grower, _FARM_NEED[of_year - 1], _TRADE_NEED[of_year - 1])


def _requests(world: World, state: State, month: int, household: Ints) -> dict[str, Ints]:
    """Return the requests of the applicants: fields of `Applications` by name, amounts in fen."""
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


def _amounts(world: World, state: State, month: int, household: Ints) -> Floats:
    """Return the requested yuan: a share of a year's income, at most the ceiling of the month."""
    rule, number = world.scenario.lending, len(household)
    rng = world.luck.own("amount", month)
    yearly = 12.0 * np.maximum(state.income_level[household], 1500.0)
    keenness = rng.normal(0, 0.4, number) + 0.2 * world.homes.ambition[household]
    ceiling = _value_on(rule.cap, month) * rng.uniform(0.8, 1.0, number)
    wish = np.minimum(rule.request_of_income * yearly * np.exp(keenness), ceiling)
    return np.maximum(np.round(wish / 1000.0), 3.0) * 1000.0


def _kinds(rng: np.random.Generator, occupation: Ints) -> Ints:
    """Return the kinds of repayment: growers mostly repay after harvest, traders in instalments."""
    drawn, farms = rng.random(len(occupation)), occupation == GROWER
    kind = np.where(drawn < np.where(farms, 0.74, 0.30), BULLET, INSTALMENTS)
    return np.where(drawn > np.where(farms, 0.92, 0.82), INTEREST_FIRST, kind).astype(np.int64)


def _terms(rng: np.random.Generator, kind: Ints, special: Ints, month: int) -> Ints:
    """Return the terms: bullets mostly fall due after the borrower's harvest is sold."""
    cumulated = np.cumsum(_bullet_weights(month), axis=1)[special]
    index = (rng.random(len(kind))[:, None] > cumulated).sum(axis=1)
    other = rng.choice(np.array([12, 18, 24]), len(kind), p=[0.72, 0.14, 0.14])
    return np.where(kind == BULLET, _BULLET_TERMS[np.minimum(index, 6)], other)


def _bullet_weights(month: int) -> Floats:
    """Return the probability of each bullet term, by special crop; last row without one."""
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


def _decide(world: World, state: State, month: int, household: Ints) -> tuple[Bools, Bools]:
    """Return which loans officers approve after a visit, and which approved loans are taken up."""
    homes, rule = world.homes, world.scenario.lending
    rng = world.luck.own("decide", month)
    seen = 0.5 * homes.prudence[household] + 0.3 * homes.ability[household]
    seen = seen + 0.4 * (np.log1p(state.seen_balance[household]) - 8.6)
    seen = seen - 0.6 * np.minimum(state.distress[household], 3.0)
    seen = seen + rng.normal(0, rule.decline_noise, len(household))
    return seen > rule.decline_bar, rng.random(len(household)) >= rule.not_taken_up


def _open(slot: LoanSlot, applications: Applications, month: int) -> None:
    chosen = applications.disbursed
    at = applications.household[chosen]
    kind, amount = applications.kind[chosen], applications.amount[chosen]
    rate, term = applications.rate[chosen], applications.term[chosen]
    slot.number[at], slot.day[at] = applications.number[chosen], applications.day[chosen]
    slot.kind[at], slot.amount[at], slot.rate[at], slot.term[at] = kind, amount, rate, term
    slot.instalment[at], slot.total[at] = instalment_and_total(kind, amount, rate, term)
    slot.start[at], slot.paid[at] = month, 0


def _quota(world: World, month: int) -> int:
    """Return the month's quota in fen, scaled to the size of the world."""
    for begins, amounts in world.scenario.lending.quota.items():
        index = month - months.month_of(begins)
        if 0 <= index < len(amounts):
            return round(amounts[index] * 1e8 * world.scale)
    return 0


def _annual_rate(world: World, month: int) -> float:
    """Return the annual rate: the loan prime rate of the month plus the branches' spread."""
    return _value_on(world.scenario.lending.prime_rate, month) + world.scenario.lending.spread


def _value_on(dated: Mapping[str, float], month: int) -> float:
    """Return the value valid in `month`: that of the latest date, or the first value before all."""
    values = {months.month_of(begins): value for begins, value in dated.items()}
    return float(values[max((begins for begins in values if begins <= month), default=min(values))])
