"""What a member can do about the tier: lawfully, alone, and within a stated time.

Each lever moves every attribute that the deed moves, so that no proposal contradicts itself. What
is not here is not advised: a deposit or a balance, since a loan may not be tied to deposits; more
parcels, receipts, insurance or trusteeship with us, since a loan may not be tied to other services;
and what others or the weather decide. Windows are whole: a deed that fills a window of 12 months
takes 12 months.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Columns
from model.explanation.texts import COUNTED_UNITS, value_text
from model.policy.policy import Rule
from model.profile.dictionary import Attribute, Dictionary, Text

Values = Mapping[str, float]
#: Most trainings that can be proposed for the time that the dictionary states.
_MOST_TRAININGS = 4


@dataclass(frozen=True)
class Change:
    """A change of one attribute into another range.

    Attributes
    ----------
    low, high : float or None
        The range: at least `low` and below `high`; None for an open side.
    value : float
        The value that the deed gives.
    """

    attribute: str
    low: float | None
    high: float | None
    value: float


@dataclass(frozen=True)
class Deed:
    """What the member would do, what it changes, and how many months it takes.

    Attributes
    ----------
    text : Text
        A clause that follows "if".
    """

    changes: tuple[Change, ...]
    months: int
    text: Text


@dataclass(frozen=True)
class Surroundings:
    """What a lever reads: the member's `values`, the card's `bins`, the rules, the dictionary."""

    values: Values
    bins: Mapping[str, Bins]
    rules: Sequence[Rule]
    dictionary: Dictionary

    def now(self, name: str) -> float:
        """Return the member's value; NaN if unknown."""
        return self.values.get(name, math.nan)

    def deed(self, named: str, after: Values, zh: str, en: str) -> Deed:
        """Return the deed of the lever `named`; its texts may hold ``{months}``."""
        months = self.dictionary[named].within_months
        if months is None:
            raise ValueError(f"{named} is proposed without a time")
        unit = "month" if months == 1 else "months"
        text = Text(zh.format(months=months), en.format(months=f"{months} {unit}"))
        return Deed(tuple(self._changes(after)), months, text)

    def _changes(self, after: Values) -> Iterator[Change]:
        for name, value in after.items():
            if name in self.values and not math.isnan(value) and value != self.now(name):
                ranges = ranges_of(self.dictionary[name], self.bins.get(name), self.rules)
                low, high = next(each for each in ranges if each[0] <= value < each[1])
                yield Change(
                    name,
                    low if math.isfinite(low) else None,
                    high if math.isfinite(high) else None,
                    value,
                )


def deeds(around: Surroundings) -> list[Deed]:
    """Return what the member can do, each deed once for each range that it can reach."""
    found = (deed for lever in _LEVERS for deed in lever(around))
    return [deed for deed in found if deed.changes]


def surroundings(
    columns: Columns, bins: Mapping[str, Bins], rules: Sequence[Rule], dictionary: Dictionary
) -> Surroundings:
    """Return what a lever reads, from a member's profile `columns` of shape (1,)."""
    values = {
        each.name: float(columns[each.name][0])
        for each in dictionary
        if each.type == "number" and each.name in columns
    }
    return Surroundings(values, bins, rules, dictionary)


def within_reach(around: Surroundings) -> dict[str, list[tuple[int, float]]]:
    """Return by attribute the values that one deed of the member gives, each with its months."""
    reached: dict[str, list[tuple[int, float]]] = {}
    for deed in deeds(around):
        for change in deed.changes:
            reached.setdefault(change.attribute, []).append((deed.months, change.value))
    return reached


def own_attributes() -> tuple[str, ...]:
    """Return the attributes that a deed is named after."""
    return tuple(dict.fromkeys([*_RECORDS, *(name for name, _ in _NAMED)]))


def _pay_bills(around: Surroundings) -> Iterator[Deed]:
    share, late = around.now("bills_on_time_share_12m"), around.now("late_bills_6m")
    if share < 1 or late > 0:
        yield around.deed(
            "bills_on_time_share_12m",
            {"bills_on_time_share_12m": 1.0, "late_bills_6m": 0.0},
            "今后 {months} 个月电费等账单全部按时缴纳",
            "every electricity and other bill of the next {months} is paid on time",
        )


def _settle_arrears(around: Surroundings) -> Iterator[Deed]:
    if around.now("days_past_due_now") > 0:
        yield around.deed(
            "days_past_due_now",
            {"days_past_due_now": 0.0},
            "{months} 个月内还清逾期的欠款",
            "the overdue amount is paid within {months}",
        )


#: Adverse records that can be cleared, and how that is said.
_RECORDS: Mapping[str, Text] = {
    "court_unresolved": Text(
        "{months} 个月内了结法院执行案件并解除记录",
        "the court case is settled and its record lifted within {months}",
    ),
    "blacklist_unresolved": Text(
        "{months} 个月内办结黑名单所列事项并解除记录",
        "the matter behind the blacklist entry is settled and the entry lifted within {months}",
    ),
    "overdue_elsewhere_unresolved": Text(
        "{months} 个月内结清其他机构的逾期",
        "the overdue loan elsewhere is settled within {months}",
    ),
}


#: What counts the records that were cleared, and those that keep a loan away for a time.
ON_PROBATION = "adverse_resolved_24m"
_RESOLVED = ("adverse_resolved_60m", ON_PROBATION)


def _clear_records(around: Surroundings) -> Iterator[Deed]:
    for name, text in _RECORDS.items():
        count = around.now(name)
        if count > 0:
            resolved = {each: around.now(each) + count for each in _RESOLVED}
            yield around.deed(name, {name: 0.0, **resolved}, text.zh, text.en)


def clears_record(deed: Deed) -> bool:
    """Return whether the deed clears adverse records."""
    return any(change.attribute in _RECORDS for change in deed.changes)


def _apply_less(around: Surroundings) -> Iterator[Deed]:
    if around.now("bureau_queries_6m") > 0:
        yield around.deed(
            "bureau_queries_6m",
            {"bureau_queries_6m": 0.0},
            "今后 {months} 个月不再办理需要查询征信的申请",
            "nothing is applied for in the next {months} that queries the credit bureau",
        )


def _attend_trainings(around: Surroundings) -> Iterator[Deed]:
    name = "trainings_24m"
    now, bins = around.now(name), around.bins.get(name)
    starts = {math.ceil(edge) for edge in bins.edges} if bins else set()
    for count in sorted(each for each in starts if now < each <= _MOST_TRAININGS):
        times = "once" if count == 1 else f"{count} times"
        yield around.deed(
            name,
            {name: float(count)},
            f"今后 {{months}} 个月内参加农技培训 {count} 次",
            f"a farm training is attended {times} in the next {{months}}",
        )


def _renew_leases(around: Surroundings) -> Iterator[Deed]:
    if around.now("lease_ending_share") > 0:
        yield around.deed(
            "lease_ending_share",
            {"lease_ending_share": 0.0},
            "{months} 个月内把一年内到期的租地续租一年以上",
            "the leases that end within a year are renewed by more than a year within {months}",
        )


def _repay_early(around: Surroundings) -> Iterator[Deed]:
    """Yield part repayments; a repayment in full would move what a profile does not tell."""
    name = "balance_outstanding"
    now, bins = around.now(name), around.bins.get(name)
    reachable = {_hundreds_below(edge) for edge in (bins.edges if bins else ())}
    for owed in sorted(reachable, reverse=True):
        if 0 < owed < now:
            words = value_text(around.dictionary[name], owed)
            yield around.deed(
                name,
                {name: owed, "debt_weight_12m": _weight_after(around, owed)},
                f"{{months}} 个月内提前还款，使未还贷款余额不超过{words.zh}",
                f"the loan is repaid early, so that at most {words.en} are owed within {{months}}",
            )


def _hundreds_below(edge: float) -> float:
    """Return the largest whole hundred yuan below `edge`."""
    return 100.0 * (math.ceil(edge / 100) - 1)


def _weight_after(around: Surroundings, owed: float) -> float:
    """Return debt / (debt + receipts) with the same receipts."""
    now, weight = around.now("balance_outstanding"), around.now("debt_weight_12m")
    if math.isnan(weight) or not weight:
        return weight
    receipts = now * (1 - weight) / weight
    return owed / (owed + receipts)


_NAMED: tuple[tuple[str, Callable[[Surroundings], Iterator[Deed]]], ...] = (
    ("bills_on_time_share_12m", _pay_bills),
    ("days_past_due_now", _settle_arrears),
    ("bureau_queries_6m", _apply_less),
    ("trainings_24m", _attend_trainings),
    ("lease_ending_share", _renew_leases),
    ("balance_outstanding", _repay_early),
)
_LEVERS = (*(lever for _, lever in _NAMED), _clear_records)


def ranges_of(
    attribute: Attribute, bins: Bins | None, rules: Sequence[Rule]
) -> list[tuple[float, float]]:
    """Return the ranges within which neither points nor the match of a rule changes."""
    low, high = (bins.minimum, bins.maximum) if bins else (attribute.minimum, attribute.maximum)
    start = -math.inf if low is None else low
    end = math.inf if high is None else float(np.nextafter(high, math.inf))
    turns = (_turning_point(rule) for rule in rules if rule.attribute == attribute.name)
    inner = [cut for cut in (*(bins.edges if bins else ()), *turns) if start < cut < end]
    if attribute.unit in COUNTED_UNITS:
        # Only integers occur: start each range at an integer.
        inner = [float(math.ceil(cut)) for cut in inner]
    return [pair for pair in pairwise([start, *sorted(set(inner)), end]) if pair[0] < pair[1]]


def _turning_point(rule: Rule) -> float:
    """Return the smallest value at which the rule matches differently than just below it."""
    if rule.holds in ("above", "at_most"):
        return float(np.nextafter(rule.value, math.inf))
    return rule.value
