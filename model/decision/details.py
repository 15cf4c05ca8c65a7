"""The sentence of a matched rule, with the member's dates and numbers that its detail names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

from model.decision.consent import day_of
from model.policy.policy import Rule
from model.profile.dictionary import Text

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def sentence_of(rule: Rule, values: Mapping[str, float]) -> Text:
    """Return the text of `rule`, followed by its detail where every value of it is known."""
    if rule.detail is None or any(math.isnan(values.get(name, math.nan)) for name in rule.told):
        return rule.text
    filled = {name: _value(name, values[name]) for name in rule.told}
    return Text(
        rule.text.zh + rule.detail.zh.format(**{name: text.zh for name, text in filled.items()}),
        rule.text.en + rule.detail.en.format(**{name: text.en for name, text in filled.items()}),
    )


def day_text(day: date) -> Text:
    """Return a day in words."""
    return Text(
        f"{day.year}年{day.month}月{day.day}日", f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    )


def _value(name: str, value: float) -> Text:
    if not name.endswith("_on"):
        return Text(f"{value:.0f}", f"{value:.0f}")
    return day_text(day_of(value))
