"""What a member could change: an attribute's ranges, over which card and rules stay the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.dictionary import Attribute
from model.policy import Rule
from model.scorecard import Bins

#: Units that are counted: of 2.5 parcels nobody can be advised.
WHOLE = frozenset(
    {
        "bills",
        "channels",
        "crops",
        "loans",
        "months",
        "parcels",
        "people",
        "queries",
        "records",
        "trainings",
    }
)


@dataclass(frozen=True)
class Change:
    """One attribute moved into another range.

    Attributes
    ----------
    low, high : float or None
        The range: at least `low` and below `high`; None where it is open.
    value : float
        The value of the range next to the member's own.
    steps : int
        Ranges crossed on the way; 1 where the value was missing.
    """

    attribute: str
    low: float | None
    high: float | None
    value: float
    steps: int


def changes_of(
    attribute: Attribute,
    now: float,
    bins: Bins | None,
    rules: Sequence[Rule],
    derived_cuts: Sequence[float] = (),
) -> Iterator[Change]:
    """Yield a change into each range of `attribute` that does not hold `now` (NaN if missing).

    Within a range neither the points of the card nor the match of a rule moves.

    Parameters
    ----------
    bins
        The card's; None for an attribute that only rules read.
    derived_cuts
        Values at which something derived from the attribute changes its bin.
    """
    own_rules = [rule for rule in rules if rule.attribute == attribute.name]
    ranges = _ranges(attribute, bins, own_rules, derived_cuts)
    here = next((i for i, (low, high) in enumerate(ranges) if low <= now < high), None)
    for place, (low, high) in enumerate(ranges):
        if place != here:
            yield Change(
                attribute=attribute.name,
                low=low if math.isfinite(low) else None,
                high=high if math.isfinite(high) else None,
                value=_nearest(low, high, now, attribute.unit in WHOLE),
                steps=1 if here is None else abs(place - here),
            )


def _ranges(
    attribute: Attribute, bins: Bins | None, rules: Sequence[Rule], derived_cuts: Sequence[float]
) -> list[tuple[float, float]]:
    low, high = (bins.minimum, bins.maximum) if bins else (attribute.minimum, attribute.maximum)
    least = -math.inf if low is None else low
    beyond = math.inf if high is None else float(np.nextafter(high, math.inf))
    cuts = [*(bins.edges if bins else ()), *map(_first_beyond, rules), *derived_cuts]
    inner = [cut for cut in cuts if least < cut < beyond]
    if attribute.unit in WHOLE:
        # Only whole numbers occur, so a range begins at one; one that holds none falls away.
        inner = [float(math.ceil(cut)) for cut in inner]
        beyond = beyond if math.isinf(beyond) else math.floor(beyond) + 1.0
    return [pair for pair in pairwise([least, *sorted(set(inner)), beyond]) if pair[0] < pair[1]]


def _first_beyond(rule: Rule) -> float:
    """Return the smallest value at which the rule's answer differs from just below it."""
    if rule.holds in ("above", "at_most"):
        return float(np.nextafter(rule.value, math.inf))
    return rule.value


def _nearest(low: float, high: float, now: float, whole: bool) -> float:
    last = high - 1.0 if whole else float(np.nextafter(high, -math.inf))
    if math.isinf(high) or now < low:
        return low if math.isfinite(low) else 0.0
    if now >= high or math.isinf(low):
        return last
    return low
