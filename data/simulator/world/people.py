"""Members: invented people of the households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Bools, Floats, Ints, logistic
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.households import Households
from data.simulator.world.id_numbers import id_numbers, names


@dataclass(frozen=True)
class People:
    """One entry per member; days since 1970-01-01, NEVER for events that do not happen.

    ``share`` is the member's share of the household's recorded flows. The first member of each
    household (``principal``) is the borrower.
    """

    household: Ints
    principal: Bools
    principal_of: Ints
    share: Floats
    gender: Ints
    birth: Ints
    education: Ints
    operating_since: Ints
    resident_since: Ints
    joined: Ints
    consent: Ints
    withdrawn: Ints
    flows_month: Ints
    account_month: Ints
    account_opened: Ints
    id_numbers: Sequence[str]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.household)


def household_sizes(scenario: Scenario, luck: Luck, members: int) -> Ints:
    """Return the number of members of each household, summing to exactly `members`."""
    people = scenario.people
    shares = [
        1 - people.second_member - people.third_member,
        people.second_member,
        people.third_member,
    ]
    drawn = luck.shared("sizes").choice(np.array([1, 2, 3]), members, p=shares)
    last = int(np.searchsorted(np.cumsum(drawn), members))
    sizes = drawn[: last + 1].copy()
    sizes[-1] -= int(sizes.sum()) - members
    return sizes.astype(np.int64)


def build_people(
    scenario: Scenario, luck: Luck, homes: Households, sizes: Ints, start: int, end: int
) -> People:
    """Draw the members of each household."""
    rng = luck.shared("people")
    household = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(len(household)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = rank == 0
    gender = _gender(rng, homes, household, rank)
    birth = _birth(rng, homes, household, rank, end)
    joined = _concatenate(rng, scenario, first, birth, start, end)
    consent, withdrawn = _consent(rng, scenario, homes, household, joined, end)
    return People(
        household=household,
        principal=first,
        principal_of=np.flatnonzero(first),
        share=_share(rng, sizes, household, rank),
        gender=gender,
        birth=birth,
        education=_education(rng, homes, household, birth),
        operating_since=_since(rng, birth, joined, 18, 9.0),
        resident_since=_since(rng, birth, joined, 0, 30.0),
        joined=joined,
        consent=consent,
        withdrawn=withdrawn,
        **_first_months(rng, scenario, homes.traits.conduct[household], birth, joined, start),
        id_numbers=id_numbers(birth, gender),
        names=names(rng, len(household)),
    )


def _gender(rng: np.random.Generator, homes: Households, household: Ints, rank: Ints) -> Ints:
    """Return 0 for women and 1 for men; the second member is mostly the spouse of the first."""
    woman = homes.traits.woman[household]
    other = np.where(rng.random(len(rank)) < 0.9, woman, ~woman)
    return np.where(rank == 0, ~woman, other).astype(np.int64)


def _birth(
    rng: np.random.Generator, homes: Households, household: Ints, rank: Ints, end: int
) -> Ints:
    age = homes.traits.age[household] + np.where(rank == 0, 0.0, rng.normal(-1.5, 3.0, len(rank)))
    age = np.where(rank == 2, homes.traits.age[household] - 25.0, age)
    years = np.clip(age, 19.0, 80.0) + rng.random(len(rank))
    return months.last_day(end) - np.rint(years * 365.25).astype(np.int64)


def _concatenate(
    rng: np.random.Generator, scenario: Scenario, first: Bools, birth: Ints, start: int, end: int
) -> Ints:
    low, high = int(months.first_day(start)), int(months.last_day(end))
    before = rng.random(len(first)) < scenario.people.joined_before_window
    early = low - 1 - rng.integers(0, 1200, len(first))
    # The programme grew fastest in its first months.
    late = low + np.floor((high - low) * rng.beta(1.0, 1.7, len(first))).astype(np.int64)
    return np.maximum(np.where(before, early, late), birth + 18 * 366)


def _consent(
    rng: np.random.Generator,
    scenario: Scenario,
    homes: Households,
    household: Ints,
    joined: Ints,
    end: int,
) -> tuple[Ints, Ints]:
    number, last = len(joined), int(months.last_day(end))
    odds = np.log(scenario.people.consent / (1 - scenario.people.consent))
    gives = rng.random(number) < logistic(odds + 0.2 * homes.traits.prudence[household])
    at_once = rng.random(number) < 0.8
    given = joined + np.where(at_once, 0, rng.integers(5, 500, number))
    withdraws = rng.random(number) < scenario.people.consent_withdrawn
    withdrawn = given + rng.integers(60, 900, number)
    given = np.where(gives & (given < last), given, NEVER)
    return given, np.where((given < NEVER) & withdraws & (withdrawn < last), withdrawn, NEVER)


def _share(rng: np.random.Generator, sizes: Ints, household: Ints, rank: Ints) -> Floats:
    first = np.where(sizes == 1, 1.0, np.where(sizes == 2, 0.75, 0.66))
    first = np.clip(first + np.where(sizes > 1, rng.normal(0, 0.08, len(sizes)), 0.0), 0.3, 1.0)
    others = (1 - first) / np.maximum(sizes - 1, 1)
    return np.asarray(np.where(rank == 0, first[household], others[household]))


def _education(rng: np.random.Generator, homes: Households, household: Ints, birth: Ints) -> Ints:
    younger = birth.astype(np.float64) / 365.25 / 12.0
    latent = rng.standard_normal(len(birth)) + 0.4 * homes.traits.ability[household] + 0.5 * younger
    return np.digitize(latent, [-0.9, 0.8, 1.9]).astype(np.int64)


def _since(rng: np.random.Generator, birth: Ints, joined: Ints, age: int, years: float) -> Ints:
    """Draw a day some years before joining and after an age; NEVER, unknown, for 4 %."""
    began = joined - np.rint(rng.gamma(2.0, years / 2.0, len(birth)) * 365.25).astype(np.int64) - 30
    began = np.minimum(np.maximum(began, birth + age * 366), joined)
    return np.where(rng.random(len(birth)) < 0.04, NEVER, began)


def _first_months(
    rng: np.random.Generator,
    scenario: Scenario,
    conduct: Floats,
    birth: Ints,
    joined: Ints,
    start: int,
) -> dict[str, Ints]:
    """Draw the months from which the post sees a member's parcels and sales, and account flows."""
    number, people = len(joined), scenario.people
    early = rng.random(number) < people.account_before_window
    seen = np.where(early, start - 1, months.month_of_day(joined))
    flows = np.where(rng.random(number) < scenario.records.without_flows, NEVER, seen)
    account = (rng.random(number) < people.with_account) & (flows < NEVER)
    first = np.where(account, flows, NEVER)
    opened = months.first_day(np.where(account, np.minimum(seen, start + 600), start))
    years = rng.gamma(1.6, people.account_years / 1.6, number) * np.exp(0.25 * conduct)
    grown = np.maximum(opened - np.rint(years * 365.25).astype(np.int64), birth + 16 * 366)
    return {
        "flows_month": flows,
        "account_month": first,
        "account_opened": np.where(account, grown, NEVER),
    }
