"""Values and ranges of attributes in the words of the form.

A value is rounded for reading, but never into another bin: the words of a value and the words of
the range that it is compared with cannot contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from model.card.bins import Bins
from model.profile.dictionary import Attribute, Text

#: Units of countable things: only integers occur.
COUNTED_UNITS = frozenset({
    "bills", "channels", "crops", "loans", "months", "parcels", "people", "queries", "records",
    "trainings", "grade", "payments", "lenders",
})  # fmt: skip
UNITS: Mapping[str, Text] = {
    "yuan": Text(" 元", " yuan"),
    "months": Text(" 个月", " months"),
    "parcels": Text(" 件", " parcels"),
    "bills": Text(" 笔", " bills"),
    "loans": Text(" 笔", " loans"),
    "channels": Text(" 个渠道", " channels"),
    "people": Text(" 人", " people"),
    "queries": Text(" 次", " queries"),
    "records": Text(" 条", " records"),
    "trainings": Text(" 次", " trainings"),
    "crops": Text(" 种", " crops"),
    "days": Text(" 天", " days"),
    "years": Text(" 年", " years"),
    "payments": Text(" 笔", " payments"),
    "lenders": Text(" 家", " lenders"),
    "mu": Text(" 亩", " mu"),
    "kg per mu": Text(" 公斤/亩", " kg per mu"),
    "share": Text("%", "%"),
    "ratio": Text("%", "%"),
    "change": Text("%", "%"),
    "grade": Text("", ""),
}
#: Units told in percent: a share of a whole, and a ratio to a mean or a median.
_IN_PERCENT = frozenset({"share", "ratio"})
_NOTHING = Text("", "")
_SINGULAR = {"queries": " query", "people": " person"}
#: Grades of a village review as the form writes them, by number.
_GRADES: Mapping[int, Text] = {
    4: Text("优", "excellent"), 3: Text("良", "good"), 2: Text("中", "fair"), 1: Text("差", "poor"),
}  # fmt: skip
_YES, _NO = Text("是", "yes"), Text("否", "no")
_ANY = Text("任意值", "any value")
_NO_RECORD = Text("没有记录", "no record")
_FROM_NOTHING = Text("上期为零", "from nothing before")
_MOST_DECIMALS = 15


@dataclass(frozen=True)
class Range:
    """The values from `low` to below `high`; infinite where the side is open."""

    low: float = -math.inf
    high: float = math.inf

    def __contains__(self, value: float) -> bool:
        """Return whether `value` lies in the range."""
        return self.low <= value < self.high


def range_of_bins(bins: Bins, first: int, last: int) -> Range:
    """Return the values of the ordinary bins `first` to `last`."""
    edges = (-math.inf, *bins.edges, math.inf)
    return Range(edges[first], edges[last + 1])


def value_text(
    attribute: Attribute, value: float | str | None, within: Range | None = None
) -> Text:
    """Return a member's own value in words.

    Parameters
    ----------
    value
        NaN or None means no record.
    within
        The bin that holds the value; its words stay in it.
    """
    if value is None or value != value:
        return _NO_RECORD
    if isinstance(value, str):
        return Text(value, value)
    if attribute.type == "flag":
        return _YES if value else _NO
    if attribute.unit == "grade" and value in _GRADES:
        return _GRADES[int(value)]
    if attribute.unit == "change" and value >= 1:
        return _FROM_NOTHING
    number = _number(attribute, value, within or Range())
    return _early_or_late(number) if _is_early_or_late(attribute) else _with_unit(attribute, number)


def range_text(attribute: Attribute, best: Range) -> Text:
    """Return a range in words; every value that fits the words is in the range."""
    if attribute.type == "flag":
        return _YES if 1.0 in best else _NO
    if attribute.unit == "grade":
        return _grades_in(best)
    if attribute.unit == "change" and best.low >= 1:
        return _FROM_NOTHING
    low, high = _inside(attribute, best)
    if low is None and high is None:
        return _ANY
    if attribute.unit in COUNTED_UNITS:
        return _counted(attribute, low, high)
    return _measured(attribute, low, high)


def _grades_in(best: Range) -> Text:
    found = [text for grade, text in _GRADES.items() if grade in best]
    return Text("或".join(t.zh for t in found), " or ".join(t.en for t in found))


def _inside(attribute: Attribute, best: Range) -> tuple[float | None, float | None]:
    """Return the bounds, None for one that every plausible value keeps."""
    least = -math.inf if attribute.minimum is None else attribute.minimum
    most = math.inf if attribute.maximum is None else attribute.maximum
    return (
        None if best.low <= least else best.low,
        None if best.high > most or math.isinf(best.high) else best.high,
    )


def _counted(attribute: Attribute, low: float | None, high: float | None) -> Text:
    least = attribute.minimum if low is None else math.ceil(low)
    most = attribute.maximum if high is None else math.ceil(high) - 1
    if least is not None and least == most:
        return _with_unit(attribute, f"{least:,.0f}")
    if low is None:
        return _at_most(_with_unit(attribute, f"{most:,.0f}"))
    if high is None:
        return _or_more(_with_unit(attribute, f"{least:,.0f}"))
    upper = _with_unit(attribute, f"{most:,.0f}")
    return Text(f"{least:,.0f} 至 {upper.zh}", f"{least:,.0f} to {upper.en}")


def _measured(attribute: Attribute, low: float | None, high: float | None) -> Text:
    for decimals in range(_fewest_decimals(attribute, low, high), _MOST_DECIMALS):
        least = None if low is None else _rounded(attribute, low, decimals, ROUND_CEILING)
        below = None if high is None else _rounded(attribute, high, decimals, ROUND_FLOOR)
        if least is None or below is None or least < below:
            return _between(attribute, least, below)
    return Text("一个很窄的范围", "a narrow range")


def _between(attribute: Attribute, least: Decimal | None, below: Decimal | None) -> Text:
    if _is_early_or_late(attribute):
        return _days_between(least, below)
    lower = None if least is None else _with_unit(attribute, _signed(attribute, least))
    upper = None if below is None else _with_unit(attribute, _signed(attribute, below))
    if lower and upper:
        return Text(f"{lower.zh}至不到 {upper.zh}", f"{lower.en} to below {upper.en}")
    if upper:
        return Text(f"不到 {upper.zh}", f"below {upper.en}")
    assert lower
    most = attribute.maximum
    is_highest = (
        most is not None and attribute.unit != "change" and least == _shown(attribute, most)
    )
    return lower if is_highest else _or_more(lower)


def _is_early_or_late(attribute: Attribute) -> bool:
    """Return whether days below 0 are days early."""
    return attribute.unit == "days" and attribute.minimum is not None and attribute.minimum < 0


def _early_or_late(number: str) -> Text:
    """Return days in words: below 0 early, above 0 late."""
    size = number.removeprefix("-")
    days = "day" if size == "1" else "days"
    if size == "0":
        return Text("当天", "on the day")
    if number.startswith("-"):
        return Text(f"提前 {size} 天", f"{size} {days} early")
    return Text(f"晚 {size} 天", f"{size} {days} late")


def _days_between(least: Decimal | None, below: Decimal | None) -> Text:
    lower = None if least is None else _early_or_late(f"{least.normalize():f}")
    upper = None if below is None else _early_or_late(f"{below.normalize():f}")
    if lower and upper:
        return Text(f"从{lower.zh}到不及{upper.zh}", f"from {lower.en} to before {upper.en}")
    if below is not None:
        return _before(below)
    return Text(f"{lower.zh}或更晚", f"{lower.en} or later") if lower else _ANY


def _before(day: Decimal) -> Text:
    """Return all days before `day` in words: 6 days early is not among them, 7 are."""
    size = f"{abs(day).normalize():f}"
    days = "day" if size == "1" else "days"
    if not day:
        return Text("提前", "before the day")
    if day < 0:
        return Text(f"提前超过 {size} 天", f"more than {size} {days} early")
    return Text(f"晚不到 {size} 天", f"less than {size} {days} late")


def _fewest_decimals(attribute: Attribute, *bounds: float | None) -> int:
    """Return the decimals with which no bound loses more than a tenth, or vanishes.

    A bound of days early or late is told in whole days, further inside the range.
    """
    if _is_early_or_late(attribute):
        return 0
    return max((_decimals(attribute, abs(_shown(attribute, b))) for b in bounds if b), default=0)


def _at_most(bound: Text) -> Text:
    return Text(f"不超过 {bound.zh}", f"at most {bound.en}")


def _or_more(bound: Text) -> Text:
    return Text(f"{bound.zh}或以上", f"{bound.en} or more")


def _number(attribute: Attribute, value: float, within: Range) -> str:
    """Return the shortest number that reads like `value` and is in its bin."""
    for shown in _candidates(attribute, value):
        if _is_within(attribute, shown, within):
            return _signed(attribute, shown)
    return _signed(attribute, _shown(attribute, value))


def _candidates(attribute: Attribute, value: float) -> Iterator[Decimal]:
    fewest = _decimals(attribute, abs(_shown(attribute, value)))
    for decimals in range(fewest, _MOST_DECIMALS):
        for rounding in (ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING):
            yield _rounded(attribute, value, decimals, rounding)


def _is_within(attribute: Attribute, shown: Decimal, within: Range) -> bool:
    low = math.isinf(within.low) or shown >= _shown(attribute, within.low)
    return low and (math.isinf(within.high) or shown < _shown(attribute, within.high))


def _decimals(attribute: Attribute, size: Decimal) -> int:
    if attribute.unit == "yuan":
        return 0
    if attribute.unit == "change" or attribute.unit in _IN_PERCENT:
        return 0 if size >= 5 or not size else 1 if size >= 1 else 2
    return 0 if size >= 100 or attribute.unit in COUNTED_UNITS else 1 if size >= 10 else 2


def _rounded(attribute: Attribute, value: float, decimals: int, rounding: str) -> Decimal:
    return _shown(attribute, value).quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


def _shown(attribute: Attribute, value: float) -> Decimal:
    """Return the value as people say it: shares and ratios in percent, a change against the past.

    A double is read as its shortest decimal: 0.0021, not 0.00209999… A change g in the profile is
    (now - before) / (now + before); people say now / before - 1 = 2g / (1 - g).
    """
    exact = Decimal(repr(float(value)))
    if attribute.unit == "change":
        return Decimal("Infinity") if exact >= 1 else 200 * exact / (1 - exact)
    return exact * 100 if attribute.unit in _IN_PERCENT else exact


def _signed(attribute: Attribute, shown: Decimal) -> str:
    text = f"{shown:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = "0" if text == "-0" else text
    return f"+{text}" if attribute.unit == "change" and shown > 0 else text


def _with_unit(attribute: Attribute, number: str) -> Text:
    unit = UNITS.get(attribute.unit, _NOTHING)
    en = _SINGULAR.get(attribute.unit, unit.en.removesuffix("s")) if number == "1" else unit.en
    return Text(number + unit.zh, number + en)
