"""Records of the bank about a member: accounts, standing payments, incomes, bureau reports."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, SERVICES, TRADER, Bools, Floats, Ints, fen, logistic
from data.simulator.economy.elsewhere import queries_in_six_months
from data.simulator.economy.lending import Applications
from data.simulator.economy.standing import StandingChanges
from data.simulator.economy.state import State
from data.simulator.months import SECONDS_A_DAY
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World

ACCOUNT_ROLES = ("owner", "second_holder")
_OWNER, _SECOND = range(2)
ACCOUNT_KINDS = ("current", "fixed", "merchant")
_CURRENT, _FIXED, _MERCHANT = range(3)
INCOME_KINDS = ("wages", "business", "rent", "pension", "other")
_WAGES, _BUSINESS, _RENT, _PENSION, _OTHER = range(5)
EVIDENCE = ("account", "contract", "tax", "officer_visit", "declared")
_ACCOUNT, _CONTRACT, _TAX, _VISIT, _DECLARED = range(5)


def record_accounts(world: World) -> Frame:
    """Return each member's accounts, and spouses as second holders.

    The current account of member m is numbered 3 m, its time deposit 3 m + 1, its merchant account
    3 m + 2.
    """
    people, homes, rng = world.people, world.homes, world.luck.shared("record accounts")
    number, home = len(people), people.household
    every, has = np.arange(number), people.account_opened < NEVER
    care = homes.traits.conduct[home]
    saves = has & (rng.random(number) < logistic(-1.2 + 0.5 * homes.traits.prudence[home]))
    trades = has & people.principal & np.isin(homes.occupation[home], (TRADER, SERVICES))
    shares = ~people.principal & has[people.principal_of[home]]
    shares &= rng.random(number) < logistic(0.2 + 0.7 * care)
    later = people.account_opened + rng.integers(30, 1500, number)
    owner = people.principal_of[home]
    rows = concat(
        [
            _accounts(every[has], 3 * every[has], _OWNER, _CURRENT, people.account_opened[has]),
            _accounts(every[saves], 3 * every[saves] + 1, _OWNER, _FIXED, later[saves]),
            _accounts(every[trades], 3 * every[trades] + 2, _OWNER, _MERCHANT, later[trades]),
            _accounts(
                every[shares],
                3 * owner[shares],
                _SECOND,
                _CURRENT,
                people.account_opened[owner[shares]],
            ),
        ]
    )
    known = np.maximum(rows.columns["opened_on"], people.joined[rows.columns["member_id"]])
    return visible_at_end(world, rows.replaced(recorded_at=evening_times(rng, known)))


def record_standing_payments(world: World, month: int, changes: StandingChanges) -> Frame:
    """Return the standing payments that begin, and those that end, as a later version."""
    rng = world.luck.shared("record standing", month)
    first = world.people.principal_of[changes.household]
    has = world.people.account_opened[first] < changes.since
    known = np.where(changes.until < NEVER, changes.until, changes.since)
    known = np.maximum(known, world.people.joined[first])
    rows = Frame(
        {
            "account_id": 3 * first,
            "kind": changes.kind,
            "amount": fen(changes.amount),
            "from_on": changes.since,
            "to_on": blank_where(changes.until, changes.until >= NEVER),
            "recorded_at": evening_times(rng, known),
        }
    )
    return visible_at_end(world, rows.take(has))


def record_incomes(world: World) -> Frame:
    """Return the incomes of the first members at joining; a visit confirms some later.

    What is only declared is overstated, most by the least honest.
    """
    homes, rng = world.homes, world.luck.shared("record incomes")
    number = len(homes)
    trades = np.isin(homes.occupation, (TRADER, SERVICES))
    business = 12.0 * homes.turnover * homes.margin
    pension = np.where(homes.traits.age >= 60, rng.uniform(1800, 4200, number), 0.0)
    lets = np.where(rng.random(number) < 0.06, rng.uniform(1500, 12000, number), 0.0)
    yearly = {
        _WAGES: 12.0 * homes.workers * homes.wage,
        _BUSINESS: np.where(trades, business, 0.0),
        _RENT: lets,
        _PENSION: pension,
        _OTHER: 12.0 * homes.away * homes.wage * world.scenario.livelihood.sent_home,
    }
    rows = []
    for kind, amount in yearly.items():
        evidence = _evidence(rng, kind, number)
        told = amount * np.where(evidence == _DECLARED, _overstated(rng, homes.traits.honesty), 1.0)
        given = (amount > 500.0) & (rng.random(number) < 0.8)
        rows.append(_incomes(world, rng, given, kind, told, evidence, 0))
        visited = given & (evidence == _DECLARED) & (rng.random(number) < 0.35)
        rows.append(_incomes(world, rng, visited, kind, amount, np.full(number, _VISIT), 400))
    return visible_at_end(world, concat(rows))


def record_bureau_reports(
    world: World, state: State, month: int, applications: Applications
) -> Frame:
    """Return the reports that the bank asks for on applications other than draws."""
    asked = np.flatnonzero((applications.line < 0) | (applications.line == applications.number))
    home = np.unique(applications.household[asked])
    day = np.full(len(world.homes), 0)
    day[applications.household[asked]] = applications.applied[asked]
    on = int(months.first_day(month)) - 1 + day[home]
    owed = state.other_service * state.other_left
    rng = world.luck.shared("record bureau", month)
    return visible_at_end(
        world,
        Frame(
            {
                "member_id": world.people.principal_of[home],
                "reported_on": on,
                "lenders": state.lenders[home],
                "balance": fen(np.round(0.9 * owed[home], -1)),
                "monthly_payment": fen(np.round(state.other_service[home])),
                "overdue_amount": fen(np.round(state.other_service * state.missed)[home]),
                "guarantees": state.guaranteed()[home],
                "queries_6m": queries_in_six_months(state)[home],
                # A report is on file in the morning of its day.
                "recorded_at": on * SECONDS_A_DAY + rng.integers(8, 11, len(home)) * 3600,
            }
        ),
    )


def _accounts(member: Ints, account: Ints, role: int, kind: int, opened: Ints) -> Frame:
    number = len(member)
    return Frame(
        {
            "account_id": account,
            "member_id": member,
            "role": np.full(number, role),
            "kind": np.full(number, kind),
            "opened_on": opened,
            "recorded_at": np.zeros(number, dtype=np.int64),
        }
    )


def _evidence(rng: np.random.Generator, kind: int, number: int) -> Ints:
    shares = {
        _WAGES: [0.45, 0.15, 0.05, 0.10, 0.25],
        _BUSINESS: [0.15, 0.0, 0.15, 0.30, 0.40],
        _RENT: [0.1, 0.5, 0.0, 0.1, 0.3],
        _PENSION: [0.9, 0.0, 0.0, 0.0, 0.1],
        _OTHER: [0.35, 0.0, 0.0, 0.1, 0.55],
    }[kind]
    return rng.choice(len(EVIDENCE), number, p=shares).astype(np.int64)


def _overstated(rng: np.random.Generator, honesty: Floats) -> Floats:
    return np.asarray(
        np.exp(np.clip(0.15 - 0.15 * honesty, 0.0, 0.6)) * rng.uniform(0.95, 1.1, len(honesty))
    )


def _incomes(
    world: World,
    rng: np.random.Generator,
    given: Bools,
    kind: int,
    yearly: Floats,
    evidence: Ints,
    after: int,
) -> Frame:
    home = np.flatnonzero(given)
    member = world.people.principal_of[home]
    known = world.people.joined[member] + after + rng.integers(0, 20, len(home))
    return Frame(
        {
            "member_id": member,
            "kind": np.full(len(home), kind),
            "yuan_a_year": fen(np.round(yearly[home], -1)),
            "evidence": evidence[home],
            "from_on": known - rng.integers(0, 300, len(home)),
            "to_on": np.full(len(home), NULL),
            "recorded_at": evening_times(rng, known),
        }
    )
