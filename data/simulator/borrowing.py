"""The way to a loan: branches invite some, some apply, officers decline some, quotas end the month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import GROWER, LIVESTOCK, TRADER, Bools, Floats, Ints, fen
from data.simulator.loan import BULLET, INSTALMENTS, INTEREST_FIRST, LoanSlot, instalment_and_total
from data.simulator.state import State
from data.simulator.world import World

PURPOSES = ("inputs", "livestock", "equipment", "trade", "land", "other")
_INPUTS, _LIVESTOCK, _EQUIPMENT, _TRADE, _LAND, _OTHER = range(6)
#: How much each month calls for money, by kind of household.
_FARM_NEED = (0.9, 1.5, 1.5, 1.0, 1.1, 0.9, 0.6, 0.9, 1.5, 1.3, 0.6, 0.5)
_TRADE_NEED = (0.9, 0.7, 0.9, 1.0, 1.0, 0.9, 0.9, 1.0, 1.1, 1.1, 1.3, 1.4)


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
    household = np.flatnonzero(_applies(world, state, month))
    household = world.luck.own("queue", month).permutation(household)
    asked = _requests(world, state, month, household)
    # Officers take applicants in turn until the month's quota is lent; the rest are not taken on.
    approved, taken_up = _decide(world, state, month, household)
    lent = np.cumsum(np.where(approved & taken_up, asked["amount"], 0))
    served = lent - np.where(approved & taken_up, asked["amount"], 0) < _quota(world, month)
    number = first_number + np.arange(int(served.sum()))
    applications = Applications(
        household=household[served],
        **{name: values[served] for name, values in asked.items()},
        rate=np.full(len(number), rate_at(world, month)),
        approved=approved[served],
        disbursed=(approved & taken_up)[served],
        number=number,
    )
    _open(state.loan, applications, month)
    return applications


def rate_at(world: World, month: int) -> float:
    """Return the annual rate: the loan prime rate in force plus the branches' spread."""
    return _in_force(world.scenario.lending.prime_rate, month) + world.scenario.lending.spread


def lent_now(world: World, applications: Applications) -> Bools:
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
    station = world.places.station_opened[homes.village] <= months.first_day(month)
    view = 0.8 * peer + 0.45 * balance + 0.2 * station + 0.25 * np.minimum(state.repaid, 3)
    view = view + rng.normal(0, rule.invite_noise, number)
    invited = (view > rule.invite_bar) & _known_and_clean(world, state, month)
    invited &= rng.random(number) < 0.25
    state.invited_until = np.where(invited, month + rule.invitation_lasts, state.invited_until)


def _known_and_clean(world: World, state: State, month: int) -> Bools:
    people, today = world.people, months.first_day(month)
    first = people.principal_of
    age = (today - people.birth[first]) / 365.25
    known = (people.joined[first] < today) & (people.consent[first] < today)
    known &= people.withdrawn[first] > today
    return known & (age >= 18) & (age <= 61) & ~state.adverse & ~state.loan.open


def _applies(world: World, state: State, month: int) -> Bools:
    homes, rule, of_year = world.homes, world.scenario.lending, months.of_year(month)
    farm_need, trade_need = _FARM_NEED[of_year - 1], _TRADE_NEED[of_year - 1]
    need = np.where(homes.works_as(GROWER), farm_need, trade_need)
    land = homes.own_mu + homes.leased_mu + 8 * homes.special_mu
    scale = np.where(homes.works_as(GROWER), 0.5 + 0.04 * np.minimum(land, 50.0), 1.3)
    short = np.exp(-0.25 * np.minimum(state.cash / homes.living, 8.0))
    keen = need * scale * np.exp(0.5 * homes.ambition) * (0.5 + short)
    again = np.where(state.repaid > 0, rule.again, 1.0)
    chance = np.minimum(rule.apply * keen * again, 0.9)
    drawn = world.luck.own("apply", month).random(len(homes))
    return (state.invited_until >= month) & _known_and_clean(world, state, month) & (drawn < chance)


def _requests(world: World, state: State, month: int, household: Ints) -> dict[str, Ints]:
    homes, rule, number = world.homes, world.scenario.lending, len(household)
    rng = world.luck.own("request", month)
    yearly = 12.0 * np.maximum(state.income_level[household], 1500.0)
    wish = (
        rule.request_of_income
        * yearly
        * np.exp(rng.normal(0, 0.4, number) + 0.2 * homes.ambition[household])
    )
    cap = _in_force(rule.cap, month)
    amount = (
        np.clip(np.round(np.minimum(wish, cap * rng.uniform(0.7, 1.0, number)) / 1000.0), 3, None)
        * 1000.0
    )
    applied = rng.integers(1, 17, number)
    kind = _kinds(rng, homes.occupation[household])
    return {
        "amount": fen(amount),
        "kind": kind,
        "term": _terms(rng, kind),
        "purpose": _purposes(rng, homes.occupation[household]),
        "applied": applied,
        "day": applied + rng.integers(2, 13, number),
    }


def _kinds(rng: np.random.Generator, occupation: Ints) -> Ints:
    """Growers mostly repay after harvest, traders in instalments."""
    drawn, farms = rng.random(len(occupation)), occupation == GROWER
    kind = np.where(drawn < np.where(farms, 0.74, 0.30), BULLET, INSTALMENTS)
    return np.where(drawn > np.where(farms, 0.92, 0.82), INTEREST_FIRST, kind).astype(np.int64)


def _terms(rng: np.random.Generator, kind: Ints) -> Ints:
    bullet = rng.choice(
        np.array([6, 7, 8, 9, 10, 12]), len(kind), p=[0.26, 0.12, 0.22, 0.14, 0.08, 0.18]
    )
    other = rng.choice(np.array([12, 18, 24]), len(kind), p=[0.72, 0.14, 0.14])
    return np.where(kind == BULLET, bullet, other)


def _purposes(rng: np.random.Generator, occupation: Ints) -> Ints:
    drawn = rng.random(len(occupation))
    farm = np.select(
        [drawn < 0.62, drawn < 0.80, drawn < 0.92], [_INPUTS, _EQUIPMENT, _LAND], _OTHER
    )
    herd = np.where(drawn < 0.85, _LIVESTOCK, _EQUIPMENT)
    trade = np.where(drawn < 0.88, _TRADE, _OTHER)
    traders = (occupation == TRADER) | (occupation > TRADER + 1)
    return np.select([traders, occupation == LIVESTOCK], [trade, herd], farm).astype(np.int64)


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


def _in_force(dated: Mapping[str, float], month: int) -> float:
    values = {months.month_of(begins): value for begins, value in dated.items()}
    return float(values[max((begins for begins in values if begins <= month), default=min(values))])
