"""The way to a loan: branches invite, members apply, officers decide, quotas end the month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.applying import applies, in_force, known_and_clean, requests
from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.loan import LoanSlot, instalment_and_total
from data.simulator.state import State
from data.simulator.world import World


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
    return in_force(world.scenario.lending.prime_rate, month) + world.scenario.lending.spread


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
    invited = (view > rule.invite_bar) & known_and_clean(world, state, month)
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
