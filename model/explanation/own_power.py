"""What a member could change: an attribute's ranges, over which card and rules stay the same."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Columns
from model.policy.policy import Rule
from model.profile.dictionary import Attribute

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


_SINCE_LOAN = "months_since_last_loan"
#: What tells of one activity, its measure first. Where that is nothing, the first parcel or field
#: brings all of them at once, with values that nobody can promise.
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


def begins_from_nothing(name: str, columns: Columns, told: Collection[str]) -> bool:
    """Return whether a change of the attribute would be the first record of an activity.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,).
    told
        Attributes that the card reads: where it reads no other of the activity, nothing else moves.
    """
    for activity in ACTIVITIES:
        if name in activity and activity[0] in columns:
            measure = float(columns[activity[0]][0])
            others = any(each in told for each in activity if each != name)
            is_amount = activity[0] != _SINCE_LOAN  # there, zero is a loan of this month
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
