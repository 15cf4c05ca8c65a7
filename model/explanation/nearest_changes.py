"""The nearest changes within a member's own power that would lift the tier, exact from the card.

One change is looked for, then two at once. Each proposal has been through the same kernel as the
decision, knock-outs and capacity included, so that what is promised is what would be decided on a
profile that differs in nothing else.

Where, along one source, what is derived from it changes its bin while the other source stays.

Over doubles a quotient and a difference are still monotone in each source, so every cut is found by
bisection on the values that scoring itself computes, to the very double.
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
from model.decision.knock_outs import Flags, knock_outs
from model.decision.whitelist import BEST_RANK, TIERS, Assessment, assess
from model.explanation.own_power import Change, begins_from_nothing, changes_of
from model.policy.policy import Policy
from model.profile.dictionary import Dictionary

_LOWEST = np.int64(np.iinfo(np.int64).min)


def derived_cuts(card: Card, source: str, columns: Columns) -> list[float]:
    """Return the values of `source` at which a bin of something derived from it begins.

    Parameters
    ----------
    columns
        The profile that all else stays as, arrays of shape (1,).
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

    def reached(at: Floats) -> NDArray[np.bool_]:
        stays = {name: np.full(len(at), float(columns[name][0])) for name in own.sources}
        values = input_values(own.name, {**stays, source: at}, card.bins, card.derived)
        # NaN, of a value that cannot be formed, reaches no edge.
        return np.asarray(values >= edges)

    at_low, at_high = reached(low), reached(high)
    low_rank, high_rank = _rank(low), _rank(high)
    while (low_rank < high_rank - 1).any():
        middle = (low_rank >> 1) + (high_rank >> 1) + (low_rank & high_rank & 1)
        is_low = reached(_double(middle)) == at_low
        low_rank, high_rank = (
            np.where(is_low, middle, low_rank),
            np.where(is_low, high_rank, middle),
        )
    turned = at_low != at_high
    return [first, float(np.nextafter(last, np.inf)), *_double(high_rank)[turned].tolist()]


def _usable(card: Card, own: Derived, source: str) -> tuple[float, float]:
    """Return the least and the greatest value of `source` that something can be derived from."""
    is_denominator = own.kind == "ratio" and source == own.second
    first, bins = NEGLIGIBLE if is_denominator else -BEYOND, card.bins[source]
    return (
        first if bins.minimum is None else max(first, bins.minimum),
        BEYOND if bins.maximum is None else min(BEYOND, bins.maximum),
    )


def _rank(values: Floats) -> Ints:
    """Return whole numbers in the order of `values`: next doubles have next numbers."""
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, _LOWEST - bits)


def _double(rank: Ints) -> Floats:
    return np.where(rank >= 0, rank, _LOWEST - rank).view(np.float64)


MOST_PROPOSALS = 3
#: Candidates assessed at a time.
_PART = 256
#: Derived by the kernel from income and debts, which a member may change.
_MOVED_BY_INCOME = ("capacity_yuan", "age_at_maturity")


@dataclass(frozen=True)
class Lift:
    """Changes that together reach `tier`, none of them dispensable; `points` is the new total."""

    changes: tuple[Change, ...]
    tier: str
    points: int


@dataclass(frozen=True)
class Outlook:
    """What is in the member's own power.

    Attributes
    ----------
    target : str or None
        The tier looked for; None where there is none above, or where no score may be made.
    lifts : tuple of Lift
        At most `MOST_PROPOSALS`, nearest first, all of the smallest number of changes that does.
    blocked_by : tuple of str
        Codes of the matched rules that keep the tier below and read what no member can change.
    """

    target: str | None
    lifts: tuple[Lift, ...] = ()
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """What a member is judged by."""

    as_of: date
    policy: Policy
    card: Card
    dictionary: Dictionary


def nearest_changes(columns: Columns, basis: Basis) -> Outlook:
    """Return the smallest sets of own changes that lift the tier to the next with an offer.

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
    found = _assessed(columns, basis)
    target = _target(found)
    if target is None:
        return Outlook(None)
    own = _own_changes(columns, basis)
    if blocking := _blocking(columns, basis, target, own.keys()):
        return Outlook(TIERS[target], blocked_by=blocking)
    for size in (1, 2):
        if lifts := _first_lifts(columns, basis, target, _sets(own, size, basis.card)):
            return Outlook(TIERS[target], lifts)
    return Outlook(TIERS[target])


def with_changes(columns: Columns, changes: Sequence[Change]) -> Columns:
    """Return the profile as it would be after `changes`."""
    return {**columns, **{each.attribute: np.array([each.value]) for each in changes}}


def _target(found: Assessment) -> int | None:
    if not found.scored[0]:
        return None
    rank, second = int(found.rank[0]), TIERS.index("SECOND")
    return None if rank > second else max(rank + 1, second)


def _own_changes(columns: Columns, basis: Basis) -> dict[str, list[Change]]:
    """Return the changes open to the member by attribute, in the dictionary's order."""
    card, ruled = basis.card, {rule.attribute for rule in basis.policy.rules}
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
        and (each.name in card.inputs or each.name in ruled)
        and not begins_from_nothing(each.name, columns, card.inputs)
    }


def _blocking(columns: Columns, basis: Basis, target: int, own: Collection[str]) -> tuple[str, ...]:
    """Return the rules that hold the member below `target` and read nothing of `own`."""
    return tuple(
        rule.code
        for rule in basis.policy.rules
        if rule.attribute not in own
        and rule.attribute not in _MOVED_BY_INCOME
        and BEST_RANK[knock_outs([rule], columns).severity[0]] < target
    )


def _sets(own: Mapping[str, list[Change]], size: int, card: Card) -> list[tuple[Change, ...]]:
    """Return every set of `size` changes to different attributes, nearest first.

    Both sources of one derived attribute are never moved together: the ranges of each hold while
    the other stays.
    """
    together = {frozenset(each.sources) for each in card.derived.values()}
    found = [
        chosen
        for names in combinations(own, size)
        if frozenset(names) not in together
        for chosen in product(*(own[name] for name in names))
    ]
    return sorted(found, key=lambda chosen: sum(change.steps for change in chosen))


def _first_lifts(
    columns: Columns, basis: Basis, target: int, sets: list[tuple[Change, ...]]
) -> tuple[Lift, ...]:
    """Return the nearest of `sets` that reach `target`, one for each set of attributes."""
    enough = [sets[i] for i in np.flatnonzero(_have_points(columns, basis, target, sets))]
    found: dict[tuple[str, ...], Lift] = {}
    for start in range(0, len(enough), _PART):
        part = enough[start : start + _PART]
        reached = _assessed(_columns_after(columns, part), basis)
        for i in np.flatnonzero(reached.rank >= target):
            names = tuple(change.attribute for change in part[i])
            lift = Lift(part[i], TIERS[reached.rank[i]], int(reached.points[i]))
            found.setdefault(names, lift)
            if len(found) == MOST_PROPOSALS:
                return tuple(found.values())
    return tuple(found.values())


def _have_points(
    columns: Columns, basis: Basis, target: int, sets: list[tuple[Change, ...]]
) -> Flags:
    """Return which of `sets` reach the cut-off, whatever the rules say of them, shape (sets,)."""
    card = basis.card
    after = _columns_after({name: columns[name] for name in card.inputs}, sets)
    totals = card.total(card.points_by_attribute(card.codes(after)))
    return np.asarray(totals >= basis.policy.tiers[TIERS[target]])


def _columns_after(columns: Columns, sets: list[tuple[Change, ...]]) -> Columns:
    """Return one row for each of `sets`: the member's profile with these changes."""
    rows: dict[str, Any] = {name: np.repeat(each, len(sets)) for name, each in columns.items()}
    for row, chosen in enumerate(sets):
        for change in chosen:
            if change.attribute in rows:
                rows[change.attribute][row] = change.value
    return rows


def _assessed(columns: Columns, basis: Basis) -> Assessment:
    return assess(columns, basis.as_of, basis.policy, basis.card)
