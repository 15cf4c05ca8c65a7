"""Values and ranges of attributes in words; every value that fits the words is in the range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np

from model.explanation.own_power import COUNTED_UNITS, Change
from model.profile.dictionary import Attribute, Text

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
    "mu": Text(" 亩", " mu"),
    "kg per mu": Text(" 公斤/亩", " kg per mu"),
    "lenders": Text(" 家", " lenders"),
    "payments": Text(" 笔", " payments"),
    "grade": Text(" 级", ""),
    "share": Text("%", "%"),
}
_NOTHING = Text("", "")
_SINGULAR = {"queries": " query", "people": " person"}
_DIGITS = 4


def value_text(attribute: Attribute, value: float) -> Text:
    """Return a member's own value in words; NaN means no record."""
    if math.isnan(value):
        return Text("没有记录", "no record")
    return _with_unit(attribute, _number(attribute, value, ROUND_HALF_EVEN))


def change_text(attribute: Attribute, change: Change, now: float) -> Text:
    """Return the range to reach and the present value.

    Where risk moves one way with the attribute, the text names only the side to reach.
    """
    rises = math.isnan(now) or change.value > now
    sides = []
    if change.low is not None and (rises or attribute.direction == "free"):
        sides.append(_at_least(attribute, change.low))
    if change.high is not None and (
        not rises or attribute.direction == "free" or (not sides and change.low is None)
    ):
        sides.append(_below(attribute, change.high))
    if math.isnan(now) and attribute.direction == "up" and change.high is not None:
        sides = [_below(attribute, change.high)]
    own = value_text(attribute, now)
    is_now = f"现{own.zh}" if math.isnan(now) else f"现为 {own.zh}"
    return Text(
        f"“{attribute.label.zh}”{'且'.join(side.zh for side in sides)}（{is_now}）",
        f"“{attribute.label.en}” {' and '.join(side.en for side in sides)} (now {own.en})",
    )


def _at_least(attribute: Attribute, low: float) -> Text:
    before = float(np.nextafter(low, -math.inf))
    if _is_rounder(before, low):
        bound = _with_unit(attribute, _number(attribute, before, ROUND_CEILING))
        return Text(f"高于 {bound.zh}", f"above {bound.en}")
    bound = _with_unit(attribute, _number(attribute, low, ROUND_CEILING))
    or_above = "" if low == attribute.maximum else "或以上"
    return Text(f"达到 {bound.zh}{or_above}", f"at least {bound.en}")


def _below(attribute: Attribute, high: float) -> Text:
    last = (
        math.ceil(high) - 1
        if attribute.unit in COUNTED_UNITS
        else float(np.nextafter(high, -math.inf))
    )
    if attribute.unit in COUNTED_UNITS or _is_rounder(last, high):
        most = _with_unit(attribute, _number(attribute, last, ROUND_FLOOR))
        return Text(f"不超过 {most.zh}", f"at most {most.en}")
    bound = _with_unit(attribute, _number(attribute, high, ROUND_FLOOR))
    return Text(f"低于 {bound.zh}", f"below {bound.en}")


def _is_rounder(value: float, other: float) -> bool:
    # A rule on values above 0 begins at the float just above 0, which has no readable form.
    return _is_round(value) and not _is_round(other)


def _is_round(value: float) -> bool:
    return value == round(value, 9) == float(f"{value:.6g}")


def _number(attribute: Attribute, value: float, rounding: str) -> str:
    """Return `value` in its unit to four significant digits, in the given rounding mode.

    A double is read as its shortest decimal: 0.0021, not 0.00209999…
    """
    exact = Decimal(repr(float(value))) * (100 if attribute.unit == "share" else 1)
    if not exact:
        return "0"
    step = Decimal(1).scaleb(min(exact.adjusted() - _DIGITS + 1, 0))
    text = f"{exact.quantize(step, rounding=rounding):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_unit(attribute: Attribute, number: str) -> Text:
    unit = UNITS.get(attribute.unit, _NOTHING)
    en = _SINGULAR.get(attribute.unit, unit.en.removesuffix("s")) if number == "1" else unit.en
    return Text(number + unit.zh, number + en)
