"""What each factor of the card adds or costs, in a sentence that follows the value and the points.

The sentences are derived from the value's bin and the card's points, whatever the card's format, so
they are true of decisions that older cards made. Each text comes from the dictionary; the card's
own texts stand in for an attribute that the dictionary does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from model.card.bins import Columns, Ints, input_values
from model.card.reason_table import (
    KNOWN,
    MISSING,
    OUT_OF_RANGE,
    AttributeText,
    best_bins,
    bin_states,
    code_of,
    nearest,
    wording_of,
)
from model.card.reasons import points_lost
from model.card.scorecard import Card
from model.explanation.own_power import surroundings, within_reach
from model.explanation.texts import Range, range_of_bins, range_text, value_text
from model.profile.dictionary import Attribute, Dictionary, Text

#: The attribute that is missing where a member never had a loan.
LAST_LOAN = "months_since_last_loan"
#: Queries are counted from records of queries, which are there without any report.
_QUERIES, _REPORT = "bureau_queries_6m", "bureau_lenders"
_OF_LOANS = frozenset({"loans", "repayments", "instalments"})
#: Cards whose tables are kept: the one in use, and some behind earlier decisions.
_CARDS = 4


@dataclass(frozen=True)
class Contribution:
    """One factor's `points` above (or, negative, below) the mean, with its sentence.

    Attributes
    ----------
    attributes : tuple of str
        One attribute, two of a pair, or all whose values are missing for one cause.
    cause : Text or None
        Why the values are missing; None where they are known.
    subject : Text
        What is said, without the points.
    """

    attributes: tuple[str, ...]
    points: int
    cause: Text | None
    subject: Text

    @property
    def is_missing(self) -> bool:
        """Whether the points come from a record that is missing."""
        return self.cause is not None

    @property
    def text(self) -> Text:
        """The whole sentence: the subject and the points."""
        return points_text(self.subject, self.points)


def points_text(subject: Text, points: int) -> Text:
    """Return `subject` with its points against the average member's, as a sentence."""
    start, size = f"{subject.en[:1].upper()}{subject.en[1:]}", abs(points)
    if not points:
        return Text(f"{subject.zh}：与一般会员相同。", f"{start}: as the average member.")
    more = Text("多", "more") if points > 0 else Text("少", "fewer")
    unit = "point" if size == 1 else "points"
    return Text(
        f"{subject.zh}：比一般会员{more.zh} {size} 分。",
        f"{start}: {size} {unit} {more.en} than the average member.",
    )


def contributions(columns: Columns, card: Card, dictionary: Dictionary) -> list[Contribution]:
    """Return one contribution for each factor that moves the points; together the whole difference.

    Parameters
    ----------
    columns
        The member's profile, arrays of shape (1,).
    """
    return list(_Sentences(columns, card, dictionary))


@lru_cache(maxsize=_CARDS)
def _told(card: Card, dictionary: Dictionary) -> Card:
    """Return `card` in the words of `dictionary`, with tables that serve every member."""
    wording = {name: _wording(name, card, dictionary) for name in card.wording}
    return replace(card, tells_sides=True, wording=wording)


class _Sentences:
    """The sentences about one member."""

    def __init__(self, columns: Columns, card: Card, dictionary: Dictionary) -> None:
        self._columns, self._dictionary = columns, dictionary
        self._card = _told(card, dictionary)
        self._codes = self._card.codes(columns)

    def __iter__(self) -> Iterator[Contribution]:
        """Yield the contributions in the card's order."""
        lost = points_lost(self._card, self._codes, self._card.points_by_factor(self._codes))[0]
        for factor, points in zip(self._card.reason_table.factors, (-lost).tolist(), strict=True):
            if points:
                yield self._contribution(factor, points)

    def _contribution(self, factor: tuple[str, ...], points: int) -> Contribution:
        if len(factor) > 1:
            return Contribution(factor, points, None, self._pair(*factor))
        (name,) = factor
        state = self._state(name)
        if state == MISSING:
            return self._missing(name, points)
        if state == OUT_OF_RANGE:
            text = self._card.reason_table.texts[code_of(factor, state)]
            return Contribution(factor, points, None, text)
        subject = self._gain(name) if points > 0 else self._loss(name, state)
        return Contribution(factor, points, None, subject)

    def _pair(self, first: str, second: str) -> Text:
        one, two = self._gain(first), self._gain(second)
        return Text(f"{one.zh}与{two.zh}两项合在一起", f"{one.en} and {two.en}, taken together")

    def _missing(self, name: str, points: int) -> Contribution:
        """Return the sentence that names all attributes missing for the cause of `name`."""
        text = self._card.wording[name].missing
        names = tuple(
            each
            for each in self._card.attributes
            if self._state(each) == MISSING and self._card.wording[each].missing == text
        )
        labels = [self._card.wording[each].label for each in names]
        if LAST_LOAN in self._dictionary.attributes and cannot_apply(
            self._attribute(name), self._columns
        ):
            text = self._dictionary[LAST_LOAN].missing
        listed = Text("、".join(x.zh for x in labels), "; ".join(x.en for x in labels))
        subject = Text(f"{text.zh}（{listed.zh}）", f"{text.en} ({listed.en})")
        return Contribution(names, points, text, subject)

    def _gain(self, name: str) -> Text:
        """Return the attribute with its value."""
        label, value = self._card.wording[name].label, self._value(name)
        return Text(f"{label.zh}（{value.zh}）", f"{label.en} ({value.en})")

    def _loss(self, name: str, state: str) -> Text:
        if state == KNOWN:
            own = self._gain(name)
            return Text(
                f"{own.zh}，没有这项记录的会员得分更高",
                f"{own.en}, where members without such a record earn more points",
            )
        text = self._card.reason_table.texts[code_of((name,), state)]
        best = self._best(name)
        details = [best] if best else []
        none = self._attribute(name).none
        if none and self._number(name) == 0:
            text = none
        else:
            details.insert(0, self._value(name))
        if not details:
            return text
        zh, en = "，".join(x.zh for x in details), "; ".join(x.en for x in details)
        return Text(f"{text.zh}（{zh}）", f"{text.en} ({en})")

    def _state(self, name: str) -> str:
        return self._states[name]

    def _value(self, name: str) -> Text:
        bins, code = self._card.bins[name], int(self._codes[name][0])
        if code == bins.out_of_range:
            return Text("超出合理范围", "outside the plausible range")
        found = self._values[name]
        is_number = not bins.levels and code < bins.ordinary
        within = range_of_bins(bins, code, code) if is_number else Range()
        return self._sourced(name, value_text(self._attribute(name), found, within))

    def _sourced(self, name: str, value: Text) -> Text:
        """Return a count of queries with where it comes from, where no report tells it too."""
        knows_no_report = _REPORT in self._columns and is_unknown(_REPORT, self._columns)
        if name != _QUERIES or not knows_no_report:
            return value
        return Text(f"查询登记 {value.zh}，没有报告", f"{value.en} on record, no report held")

    def _best(self, name: str) -> Text | None:
        """Return the values that score best, where a deed of the member reaches one of them.

        What the member cannot change lawfully within a stated time is told as it is, and no more:
        "most favourable: 104 mu or more" is true of the card and of no use to six mu.
        """
        bins, points = self._card.bins[name], self._own.get(name)
        if bins.levels or points is None or self._attribute(name).deposit:
            return None
        best = best_bins(bins, points)
        first = last = nearest(best, int(self._codes[name][0]))
        while first - 1 in best:
            first -= 1
        while last + 1 in best:
            last += 1
        values = range_of_bins(bins, first, last)
        months = min((m for m, value in self._reach.get(name, ()) if value in values), default=None)
        if months is None:
            return None
        found, takes = (
            range_text(self._attribute(name), values),
            "months" if months > 1 else "month",
        )
        gap = " " if found.zh[:1].isascii() else ""
        return Text(
            f"最有利的是{gap}{found.zh}，约 {months} 个月可达到",
            f"best: {found.en}; it takes about {months} {takes}",
        )

    def _number(self, name: str) -> float | None:
        value = self._values[name]
        return value if isinstance(value, float) else None

    def _attribute(self, name: str) -> Attribute:
        known = self._dictionary.attributes.get(name)
        return known or _attribute_of(name, self._card)

    @cached_property
    def _reach(self) -> Mapping[str, list[tuple[int, float]]]:
        return within_reach(surroundings(self._columns, self._card.bins, (), self._dictionary))

    @cached_property
    def _own(self) -> Mapping[str, Ints]:
        terms = self._card.terms
        return {t.attributes[0]: t.points for t in terms if len(t.attributes) == 1}

    @cached_property
    def _states(self) -> Mapping[str, str]:
        card = self._card
        return {
            name: bin_states(card.bins[name], self._own.get(name), card.wording[name])[
                int(self._codes[name][0])
            ]
            for name in card.attributes
        }

    @cached_property
    def _values(self) -> Mapping[str, float | str | None]:
        card = self._card
        found = {
            n: input_values(n, self._columns, card.bins, card.derived) for n in card.attributes
        }
        return {
            name: values[0] if isinstance(values[0], str | None) else float(values[0])
            for name, values in found.items()
        }


def cannot_apply(attribute: Attribute, columns: Columns) -> bool:
    """Return whether `attribute` tells of loans and the member, one row, never had one with us.

    Without a table of loans, nothing is known of any.
    """
    if "loans" not in attribute.source or not _OF_LOANS.issuperset(attribute.source):
        return False
    return is_unknown(LAST_LOAN, columns) and not is_unknown("loans_open", columns)


def is_unknown(name: str, columns: Columns) -> bool:
    """Return whether the number called `name` is not in the member's profile."""
    return bool(np.isnan(np.asarray(columns.get(name, [np.nan]), dtype=np.float64)[0]))


def _wording(name: str, card: Card, dictionary: Dictionary) -> AttributeText:
    known = dictionary.attributes.get(name)
    return card.wording[name] if known is None else wording_of(known)


def _attribute_of(name: str, card: Card) -> Attribute:
    """Return an attribute that the dictionary does not know, such as a derived one."""
    own, bins = card.wording[name], card.bins[name]
    return Attribute(
        name, own.label, "information", "text" if bins.levels else "number", "scored",
        own.reason, own.missing,
        minimum=bins.minimum, maximum=bins.maximum,
    )  # fmt: skip
