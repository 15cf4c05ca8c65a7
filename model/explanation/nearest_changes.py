"""The nearest changes that a member can make to raise the tier, computed exactly from the card.

The search tries one change first, then two at once. Each proposal passes through the same kernel as
the decision, knock-outs and capacity included, so the promise is what would be decided on a profile
that differs in nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints, input_values
from model.card.derived import BEYOND, NEGLIGIBLE, Derived
from model.card.scorecard import Card
from model.decision.eligibility import eligibility
from model.decision.knock_outs import Flags, knock_outs
from model.decision.whitelist import BEST_RANK, COST_ABOVE_CAP, TIERS, Assessment, assess
from model.explanation.own_power import Change, begins_from_nothing, changes_of
from model.policy.policy import Policy
from model.profile.dictionary import Dictionary

MAX_PROPOSALS = 3
#: Candidates assessed at a time.
_BATCH_SIZE = 256
#: Attributes that the kernel derives from income and debt, which a member can change.
_DERIVED = ("capacity_yuan", "age_at_maturity", COST_ABOVE_CAP)
_LOWEST = np.int64(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Improvement:
    """Changes that reach `tier` only together; `points` is the new total."""

    changes: tuple[Change, ...]
    tier: str
    points: int


@dataclass(frozen=True)
class Outlook:
    """What the member can change.

    Attributes
    ----------
    target : str or None
        The tier to reach; None if there is none above, or if the member must not be scored.
    improvements : tuple of Improvement
        At most `MAX_PROPOSALS`, nearest first, all with the smallest number of changes that works.
    blocked_by : tuple of str
        Codes of the matched rules that keep the tier below and read what no member can change.
    """

    target: str | None
    improvements: tuple[Improvement, ...] = ()
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """The date, policy, card and dictionary that a decision is based on."""

    as_of: date
    policy: Policy
    card: Card
    dictionary: Dictionary


def nearest_changes(columns: Columns, basis: Basis) -> Outlook:
    """Return the smallest sets of own changes that raise the tier to the next one with an offer.

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
    target = _target(_assess(columns, basis))
    if target is None:
        return Outlook(None)
    own = _own_changes(columns, basis)
    if blocking := _blocking(columns, basis, target, own.keys()):
        return Outlook(TIERS[target], blocked_by=blocking)
    for size in (1, 2):
        if improvements := _improvements(columns, basis, target, _sets(own, size, basis.card)):
            return Outlook(TIERS[target], improvements)
    return Outlook(TIERS[target])


def with_changes(columns: Columns, changes: Sequence[Change]) -> Columns:
    """Return the profile as it would be after `changes`."""
    return {**columns, **{each.attribute: np.array([each.value]) for each in changes}}


def _target(assessment: Assessment) -> int | None:
    if not assessment.scored[0]:
        return None
    rank, second = int(assessment.rank[0]), TIERS.index("SECOND")
    return None if rank > second else max(rank + 1, second)


def _own_changes(columns: Columns, basis: Basis) -> dict[str, list[Change]]:
    """Return the changes that the member can make by attribute, in the dictionary's order."""
    card, read_by_rules = basis.card, {rule.attribute for rule in basis.policy.rules}
    return {
        each.name: list(
            changes_of(
                each,
                float(columns[each.name][0]),
                card.bins.get(each.name),
                basis.policy.rules,
                derived_cuts(card, each.name, columns),
            )
        )
        for each in basis.dictionary
        if each.actionable
        and each.type == "number"
        and (each.name in card.inputs or each.name in read_by_rules)
        and not begins_from_nothing(each.name, columns, card.inputs)
    }


def _blocking(columns: Columns, basis: Basis, target: int, own: Collection[str]) -> tuple[str, ...]:
    """Return the rules that keep the member below `target` and read no attribute of `own`."""
    read = {**columns, **eligibility(columns, basis.policy)}
    return tuple(
        rule.code
        for rule in basis.policy.rules
        if rule.attribute not in own
        and rule.attribute not in _DERIVED
        and BEST_RANK[knock_outs([rule], read).severity[0]] < target
    )


def _sets(own: Mapping[str, list[Change]], size: int, card: Card) -> list[tuple[Change, ...]]:
    """Return every set of `size` changes to different attributes, nearest first.

    A set never changes both sources of a derived attribute, because the ranges of one source are
    valid only while the other stays the same.
    """
    pairs_of_sources = {frozenset(each.sources) for each in card.derived.values()}
    sets = [
        chosen
        for names in combinations(own, size)
        if frozenset(names) not in pairs_of_sources
        for chosen in product(*(own[name] for name in names))
    ]
    return sorted(sets, key=lambda chosen: sum(change.steps for change in chosen))


def _improvements(
    columns: Columns, basis: Basis, target: int, sets: list[tuple[Change, ...]]
) -> tuple[Improvement, ...]:
    """Return the nearest of `sets` that reach `target`, one for each set of attributes."""
    enough = [sets[i] for i in np.flatnonzero(_reaches_cut_off(columns, basis, target, sets))]
    found: dict[tuple[str, ...], Improvement] = {}
    for start in range(0, len(enough), _BATCH_SIZE):
        batch = enough[start : start + _BATCH_SIZE]
        after = _assess(_columns_after(columns, batch), basis)
        for i in np.flatnonzero(after.rank >= target):
            names = tuple(change.attribute for change in batch[i])
            improvement = Improvement(batch[i], TIERS[after.rank[i]], int(after.points[i]))
            found.setdefault(names, improvement)
            if len(found) == MAX_PROPOSALS:
                return tuple(found.values())
    return tuple(found.values())


def _reaches_cut_off(
    columns: Columns, basis: Basis, target: int, sets: list[tuple[Change, ...]]
) -> Flags:
    """Return which of `sets` reach the cut-off in points, whatever the rules say, shape (sets,)."""
    card = basis.card
    after = _columns_after({name: columns[name] for name in card.inputs}, sets)
    totals = card.total(card.points_by_attribute(card.codes(after)))
    return np.asarray(totals >= basis.policy.tiers[TIERS[target]])


def _columns_after(columns: Columns, sets: list[tuple[Change, ...]]) -> Columns:
    """Return one row for each of `sets`: the member's profile after these changes."""
    rows: dict[str, Any] = {name: np.repeat(each, len(sets)) for name, each in columns.items()}
    for row, chosen in enumerate(sets):
        for change in chosen:
            if change.attribute in rows:
                rows[change.attribute][row] = change.value
    return rows


def _assess(columns: Columns, basis: Basis) -> Assessment:
    return assess(columns, basis.as_of, basis.policy, basis.card)


def derived_cuts(card: Card, source: str, columns: Columns) -> list[float]:
    """Return the values of `source` at which a derived attribute enters another bin.

    On doubles a quotient and a difference are still monotone in each source. So bisection on the
    values that scoring itself computes finds every cut, exact to the double.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,); all other attributes keep these values.
    """
    return [
        cut
        for own in card.derived.values()
        if source in own.sources
        for cut in _cuts(card, own, source, columns)
    ]


def _cuts(card: Card, own: Derived, source: str, columns: Columns) -> list[float]:
    first, last = _usable(card, own, source)
    if first > last:
        return []
    edges = np.array(card.bins[own.name].edges)
    low, high = np.full(len(edges), first), np.full(len(edges), last)

    def reaches_edge(at: Floats) -> NDArray[np.bool_]:
        fixed = {name: np.full(len(at), float(columns[name][0])) for name in own.sources}
        values = input_values(own.name, {**fixed, source: at}, card.bins, card.derived)
        # A value that cannot be computed is NaN and reaches no edge.
        return np.asarray(values >= edges)

    at_low, at_high = reaches_edge(low), reaches_edge(high)
    low_rank, high_rank = _rank(low), _rank(high)
    while (low_rank < high_rank - 1).any():
        middle = (low_rank >> 1) + (high_rank >> 1) + (low_rank & high_rank & 1)
        is_low = reaches_edge(_double(middle)) == at_low
        low_rank, high_rank = (
            np.where(is_low, middle, low_rank),
            np.where(is_low, high_rank, middle),
        )
    has_cut = at_low != at_high
    return [first, float(np.nextafter(last, np.inf)), *_double(high_rank)[has_cut].tolist()]


def _usable(card: Card, own: Derived, source: str) -> tuple[float, float]:
    """Return the smallest and the largest value of `source` that gives a derived value."""
    is_denominator = own.kind == "ratio" and source == own.second
    first, bins = NEGLIGIBLE if is_denominator else -BEYOND, card.bins[source]
    return (
        first if bins.minimum is None else max(first, bins.minimum),
        BEYOND if bins.maximum is None else min(BEYOND, bins.maximum),
    )


def _rank(values: Floats) -> Ints:
    """Return integers in the order of `values`; adjacent doubles have adjacent integers."""
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, _LOWEST - bits)


def _double(rank: Ints) -> Floats:
    return np.where(rank >= 0, rank, _LOWEST - rank).view(np.float64)
