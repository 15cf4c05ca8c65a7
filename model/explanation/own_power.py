"""The changes that a member can make: to other ranges of an attribute's values.

Within a range neither the points of the card nor the match of a rule changes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Columns
from model.policy.policy import Rule
from model.profile.dictionary import Attribute

#: Units of countable things: advice cannot name 2.5 parcels.
COUNTED_UNITS = frozenset({
    "bills", "channels", "crops", "loans", "months", "parcels", "people", "queries", "records",
    "trainings",
})  # fmt: skip

_SINCE_LOAN = "months_since_last_loan"
#: Attributes of each activity, its measure first. Where the measure is zero, the first parcel or
#: field gives values to all of them at once, and nobody can promise which.
ACTIVITIES = (
    ("net_sales_12m", "sales_active_months_12m", "sales_channels_12m", "sales_volatility_12m",
     "refund_share_12m", "net_sales_growth_24m", "months_since_last_sale_24m"),
    ("parcels_sent_12m", "parcels_active_months_12m", "parcels_volatility_12m", "fresh_share_12m",
     "damage_claim_rate_12m", "parcels_growth_24m"),
    ("average_balance_12m", "lowest_balance_12m", "balance_volatility_12m", "balance_growth_18m"),
    ("qr_receipts_12m", "qr_active_months_12m", "qr_payers_6m", "qr_growth_24m"),
    ("area_total_mu", "crop_kinds", "leased_area_share", "lease_ending_share",
     "largest_crop_share", "yield_against_township_24m", "insured_area_share",
     "demonstration_area_share", "trusteeship_area_share"),
    (_SINCE_LOAN, "worst_days_past_due_24m", "average_days_past_due_24m",
     "repaid_on_time_share_24m", "loans_repaid_24m", "largest_loan_repaid_24m",
     "last_loan_worst_days_past_due"),
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A change of one attribute into another range.

    Attributes
    ----------
    low, high : float or None
        The range: at least `low` and below `high`; None for an open side.
    value : float
        The value in the range that is nearest to the member's own.
    steps : int
        Number of ranges moved; 1 where the value was missing.
    """

    attribute: str
    low: float | None
    high: float | None
    value: float
    steps: int


def begins_from_nothing(name: str, columns: Columns, inputs: Collection[str]) -> bool:
    """Return whether a change of the attribute would be the first record of an activity.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,).
    inputs
        Attributes that the card reads. If it reads no other attribute of the activity, the change
        affects nothing else.
    """
    for activity in ACTIVITIES:
        if name in activity and activity[0] in columns:
            measure = float(columns[activity[0]][0])
            others = any(each in inputs for each in activity if each != name)
            is_amount = activity[0] != _SINCE_LOAN  # whose zero means a loan this month
            return (math.isnan(measure) or (is_amount and measure == 0)) and others
    return False


def changes_of(
    attribute: Attribute,
    now: float,
    bins: Bins | None,
    rules: Sequence[Rule],
    derived_cuts: Sequence[float] = (),
) -> Iterator[Change]:
    """Yield a change into each range of `attribute` that does not hold `now` (NaN if missing).

    Parameters
    ----------
    bins
        The card's bins; None for an attribute that only rules read.
    derived_cuts
        Values at which an attribute derived from this one enters another bin.
    """
    own_rules = [rule for rule in rules if rule.attribute == attribute.name]
    ranges = _ranges(attribute, bins, own_rules, derived_cuts)
    current = next((i for i, (low, high) in enumerate(ranges) if low <= now < high), None)
    for index, (low, high) in enumerate(ranges):
        if index != current:
            yield Change(
                attribute=attribute.name,
                low=low if math.isfinite(low) else None,
                high=high if math.isfinite(high) else None,
                value=_nearest(low, high, now, attribute.unit in COUNTED_UNITS),
                steps=1 if current is None else abs(index - current),
            )


def _ranges(
    attribute: Attribute, bins: Bins | None, rules: Sequence[Rule], derived_cuts: Sequence[float]
) -> list[tuple[float, float]]:
    low, high = (bins.minimum, bins.maximum) if bins else (attribute.minimum, attribute.maximum)
    start = -math.inf if low is None else low
    end = math.inf if high is None else float(np.nextafter(high, math.inf))
    cuts = [*(bins.edges if bins else ()), *map(_turning_point, rules), *derived_cuts]
    inner = [cut for cut in cuts if start < cut < end]
    if attribute.unit in COUNTED_UNITS:
        # Only integers occur: start each range at an integer and drop ranges without any.
        inner = [float(math.ceil(cut)) for cut in inner]
        end = end if math.isinf(end) else math.floor(end) + 1.0
    return [pair for pair in pairwise([start, *sorted(set(inner)), end]) if pair[0] < pair[1]]


def _turning_point(rule: Rule) -> float:
    """Return the smallest value at which the rule matches differently than just below it."""
    if rule.holds in ("above", "at_most"):
        return float(np.nextafter(rule.value, math.inf))
    return rule.value


def _nearest(low: float, high: float, now: float, is_counted: bool) -> float:
    last = high - 1.0 if is_counted else float(np.nextafter(high, -math.inf))
    if math.isinf(high) or now < low:
        return low if math.isfinite(low) else 0.0
    if now >= high or math.isinf(low):
        return last
    return low
