"""The nearest deeds by which a member can raise the tier, computed exactly from the card.

The search tries one deed first, then two at once. Each proposal passes through the same kernel as
the decision, knock-outs and capacity included, so the promise is what would be decided on a profile
that differs in nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np

from model.card.bins import Columns
from model.card.scorecard import Card
from model.decision.eligibility import eligibility
from model.decision.knock_outs import SEVERITY, knock_outs
from model.decision.visits import OFFICER_VISIT
from model.decision.whitelist import BEST_RANK, COST_ABOVE_CAP, TIERS, Assessment, assess
from model.explanation.own_power import (
    ON_PROBATION,
    Change,
    Deed,
    clears_record,
    deeds,
    own_attributes,
    surroundings,
)
from model.policy.policy import Policy, Rule
from model.profile.dictionary import Dictionary

MAX_PROPOSALS = 3
CAPACITY = "capacity_yuan"
#: What the kernel derives from income, debt and points, which a deed may change.
_DERIVED = (CAPACITY, COST_ABOVE_CAP)
#: What a visit that confirms more income than any loan of the product needs changes in a profile.
AMPLE: Columns = {
    "documented_other_yuan": np.array([1_000_000.0]),
    "documented_other_evidence": np.array([OFFICER_VISIT], dtype=object),
}
#: What a credit report says of who owes nothing elsewhere and guarantees nothing.
NOTHING_ELSEWHERE: Columns = {
    name: np.zeros(1) for name in ("bureau_monthly_payment", "bureau_balance", "bureau_guarantees")
}


@dataclass(frozen=True)
class Improvement:
    """Deeds that reach `tier` only together; `points` is the new total."""

    deeds: tuple[Deed, ...]
    tier: str
    points: int

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change of the profile that the deeds make."""
        return tuple(change for deed in self.deeds for change in deed.changes)

    @property
    def months(self) -> int:
        """How long the deeds take, done at the same time."""
        return max(deed.months for deed in self.deeds)


@dataclass(frozen=True)
class Outlook:
    """What the member can change.

    Attributes
    ----------
    target : str or None
        The tier to reach; None if there is none above, or if the member must not be scored.
    improvements : tuple of Improvement
        At most `MAX_PROPOSALS`, soonest first, all with the smallest number of deeds that works.
    blocked_by : tuple of str
        Codes of the matched rules that keep the tier below and read what no member can change.
    beside : tuple of str
        If there are any: the codes of those that keep it below too, and that a deed of
        the member's own removes.
    lacks_evidence : bool
        Whether nothing but more income with evidence would reach the target, all else as it is.
    owes_elsewhere : bool
        If so, whether the target would also be reached without debts elsewhere and guarantees.
    to_clear : tuple of Deed
        Deeds that clear every record, after which nothing but time keeps the tier below.
    """

    target: str | None
    improvements: tuple[Improvement, ...] = ()
    blocked_by: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    lacks_evidence: bool = False
    owes_elsewhere: bool = False
    to_clear: tuple[Deed, ...] = ()


@dataclass(frozen=True)
class Basis:
    """The date, policy, card and dictionary that a decision is based on."""

    as_of: date
    policy: Policy
    card: Card
    dictionary: Dictionary


def nearest_changes(columns: Columns, basis: Basis) -> Outlook:
    """Return the smallest sets of own deeds that raise the tier to the next one with an offer.

    From THIRD and NONE that is SECOND, from SECOND it is FIRST.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,), with ``household_borrower``.

    Raises
    ------
    KeyError
        If the profile lacks an attribute that the policy or the card reads.
    """
    now = _assess(columns, basis)
    target = _target(now)
    if target is None:
        return Outlook(None)
    keeping = _keeping(columns, basis, target, now.knock_outs.codes_by_row()[0])
    own = (*own_attributes(), *_DERIVED)
    if blocking := [rule.code for rule in keeping if rule.attribute not in own]:
        beside = [rule.code for rule in keeping if rule.attribute in own_attributes()]
        return Outlook(TIERS[target], blocked_by=tuple(blocking), beside=tuple(beside))
    around = surroundings(columns, basis.card.bins, basis.policy.rules, basis.dictionary)
    possible = deeds(around)
    for size in (1, 2):
        if improvements := _improvements(columns, basis, target, _sets(possible, size)):
            return Outlook(TIERS[target], improvements)
    is_poor = any(rule.attribute == CAPACITY for rule in keeping)
    return Outlook(
        TIERS[target],
        lacks_evidence=is_poor and _would_do(columns, AMPLE, basis, target),
        owes_elsewhere=is_poor and _would_do(columns, NOTHING_ELSEWHERE, basis, target),
        to_clear=_clearing(columns, basis, target, possible),
    )


def _would_do(columns: Columns, instead: Columns, basis: Basis, target: int) -> bool:
    """Return whether the profile reaches `target` with `instead` in place of its own values."""
    if not instead.keys() <= columns.keys():
        return False
    return bool(_assess({**columns, **instead}, basis).rank[0] >= target)


def _clearing(
    columns: Columns, basis: Basis, target: int, possible: Sequence[Deed]
) -> tuple[Deed, ...]:
    """Return the deeds that clear the records, if after them time alone keeps the tier below."""
    clear = tuple(deed for deed in possible if clears_record(deed))
    if not clear:
        return ()
    after = _columns_after(columns, [clear])
    matched = _assess(after, basis).knock_outs.codes_by_row()[0]
    keeping = _keeping(after, basis, target, matched)
    return clear if {rule.attribute for rule in keeping} == {ON_PROBATION} else ()


def with_changes(columns: Columns, changes: Sequence[Change]) -> Columns:
    """Return the profile as it would be after `changes`."""
    return {**columns, **{each.attribute: np.array([each.value]) for each in changes}}


def _target(assessment: Assessment) -> int | None:
    if not assessment.scored[0]:
        return None
    rank, second = int(assessment.rank[0]), TIERS.index("SECOND")
    return None if rank > second else max(rank + 1, second)


def _keeping(columns: Columns, basis: Basis, target: int, matched: Collection[str]) -> list[Rule]:
    """Return the `matched` rules that keep the member below `target`."""
    read = {**columns, **eligibility(columns, basis.policy)}
    rules = [rule for rule in basis.policy.rules if rule.code in matched]
    return [rule for rule in rules if BEST_RANK[_severity(rule, read)] < target]


def _severity(rule: Rule, columns: Columns) -> int:
    """Return the severity of a matched rule, also of one that reads what terms give."""
    if rule.attribute in columns:
        return int(knock_outs([rule], columns).severity[0])
    return SEVERITY.index(rule.missing if is_unknown(rule, columns) else rule.outcome)


#: What the kernel derives from a date of birth.
_FROM_BIRTH = ("age_at_maturity", "age_at_asked_maturity")


def read_by(rule: Rule) -> str:
    """Return the attribute of the profile that decides whether the rule can be judged."""
    return "age_years" if rule.attribute in _FROM_BIRTH else rule.attribute


def is_unknown(rule: Rule, columns: Columns) -> bool:
    """Return whether the rule cannot be judged, because the profile lacks what it reads."""
    name = read_by(rule)
    if name not in columns:
        return False
    value = columns[name][0]
    return value is None or bool(value != value)


def _sets(own: Sequence[Deed], size: int) -> list[tuple[Deed, ...]]:
    """Return every set of `size` deeds that change different attributes, soonest first."""
    sets = [chosen for chosen in combinations(own, size) if _are_apart(chosen)]
    return sorted(sets, key=lambda chosen: max(deed.months for deed in chosen))


def _are_apart(chosen: tuple[Deed, ...]) -> bool:
    names = [change.attribute for deed in chosen for change in deed.changes]
    return len(names) == len(set(names))


def _improvements(
    columns: Columns, basis: Basis, target: int, sets: list[tuple[Deed, ...]]
) -> tuple[Improvement, ...]:
    """Return the soonest of `sets` that reach `target`, one for each set of attributes."""
    if not sets:
        return ()
    after = _assess(_columns_after(columns, sets), basis)
    found: dict[tuple[str, ...], Improvement] = {}
    for i in np.flatnonzero(after.rank >= target):
        names = tuple(deed.changes[0].attribute for deed in sets[i])
        improvement = Improvement(sets[i], TIERS[after.rank[i]], int(after.points[i]))
        found.setdefault(names, improvement)
    return tuple(found.values())[:MAX_PROPOSALS]


def _columns_after(columns: Columns, sets: list[tuple[Deed, ...]]) -> Columns:
    """Return one row for each of `sets`: the member's profile after these deeds."""
    rows: dict[str, Any] = {name: np.repeat(each, len(sets)) for name, each in columns.items()}
    for row, chosen in enumerate(sets):
        for deed in chosen:
            for change in deed.changes:
                rows[change.attribute][row] = change.value
    return rows


def _assess(columns: Columns, basis: Basis) -> Assessment:
    return assess(columns, basis.as_of, basis.policy, basis.card)
