"""What a reason speaks of: factors, and the code and the sentence for every bin of each.

Ledgers store answers with these sentences, and a replay compares them with this text. A card of
format 1 or 2 keeps the sentences of its time: the points of a pair are split between its attributes
and every ordinary value has one sentence. A card of format 3 names pairs as pairs, says on which
side of the best range a value lies, and tells a missing table once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Ints, Term
from model.profile.dictionary import Attribute, Text

MISSING, OUT_OF_RANGE, BELOW, ABOVE = "MISSING", "OUT_OF_RANGE", "BELOW", "ABOVE"
#: The value scores best among the known ones, and members without a record score more.
KNOWN = "KNOWN"
_STATES = (MISSING, OUT_OF_RANGE, BELOW, ABOVE, KNOWN)
_PAIR = "_WITH_"

_OUT_OF_RANGE_QUOTED = Text(
    zh="“{label}”的记录超出合理范围，请核对原始资料",
    en="the record of “{label}” is outside the plausible range; please check the source",
)
_UNKNOWN_QUOTED = Text(
    zh="“{label}”的内容少见或未登记，请核对原始资料",
    en="the entry for “{label}” is rare or unknown; please check the source",
)
_OUT_OF_RANGE = Text(
    zh="{label}的记录超出合理范围，请核对原始资料",
    en="the record of {label} is outside the plausible range; please check the source",
)
#: For text: a word that the card has seldom seen is not implausible.
_UNKNOWN = Text(
    zh="{label}的内容少见或未登记，请核对原始资料",
    en="the entry for {label} is rare or unknown; please check the source",
)
_KNOWN = Text(
    zh="{label}：没有这项记录的会员得分更高",
    en="{label}: members without such a record earn more points",
)
_TOGETHER = Text(
    zh="{first}与{second}两项合在一起，得分低于一般会员",
    en="{first} and {second}, taken together, earn fewer points than is usual",
)


@dataclass(frozen=True)
class AttributeText:
    """The sentences about one attribute; the card holds them, so that its signature covers them.

    `below` and `above` are for values on that side of the range that scores best.
    """

    label: Text
    reason: Text
    missing: Text
    actionable: bool
    below: Text | None = None
    above: Text | None = None


def wording_of(attribute: Attribute) -> AttributeText:
    """Return the sentences that a new card holds of `attribute`."""
    sides = (attribute.below, attribute.above) if attribute.direction == "free" else (None, None)
    return AttributeText(
        attribute.label, attribute.reason, attribute.missing, attribute.actionable, *sides
    )


@dataclass(frozen=True)
class ReasonTable:
    """The reasons that a card can give.

    Attributes
    ----------
    factors : tuple
        Names that one reason speaks of: one attribute, or two.
    codes : array
        Shape (factors, most bins): the reason's code by bin code; a pair has one code.
    texts : mapping of str to Text
        The sentence of each code.
    told_once : tuple of Ints
        Factors whose missing values have the same sentence; together they are one reason.
    missing : Ints
        Shape (factors,): bin code of a missing value, -1 for a pair.
    """

    factors: tuple[tuple[str, ...], ...]
    codes: NDArray[np.object_]
    texts: Mapping[str, Text]
    told_once: tuple[Ints, ...]
    missing: Ints

    @classmethod
    def by_attribute(
        cls, names: Sequence[str], bins: Mapping[str, Bins], wording: Mapping[str, AttributeText]
    ) -> ReasonTable:
        """Return the reasons of a card of format 1 or 2."""
        rows = [dict(_quoted(bins[name], wording[name])) for name in names]
        states = [["", *[""] * (bins[n].ordinary - 1), MISSING, OUT_OF_RANGE] for n in names]
        return cls._of([(name,) for name in names], states, rows, bins, ())

    @classmethod
    def by_factor(
        cls,
        names: Sequence[str],
        bins: Mapping[str, Bins],
        terms: Sequence[Term],
        wording: Mapping[str, AttributeText],
    ) -> ReasonTable:
        """Return the reasons of a card of format 3: its attributes, then its pairs."""
        pairs = [term.attributes for term in terms if len(term.attributes) == 2]
        own = {t.attributes[0]: t.points for t in terms if len(t.attributes) == 1}
        states = [bin_states(bins[n], own.get(n), wording[n]) for n in names]
        texts = [dict(_sided(bins[n], wording[n])) for n in names]
        together = [{"": _together(*(wording[n].label for n in pair))} for pair in pairs]
        factors = [*((name,) for name in names), *pairs]
        groups = _same_missing(names, wording)
        return cls._of(
            factors, [*states, *([""] for _ in pairs)], [*texts, *together], bins, groups
        )

    @classmethod
    def _of(
        cls,
        factors: list[tuple[str, ...]],
        states: list[list[str]],
        texts: list[dict[str, Text]],
        bins: Mapping[str, Bins],
        told_once: tuple[Ints, ...],
    ) -> ReasonTable:
        codes = np.full((len(factors), max(map(len, states))), None, dtype=object)
        for row, (factor, own) in enumerate(zip(factors, states, strict=True)):
            codes[row, : len(own)] = [code_of(factor, state) for state in own]
        sentences = {
            code_of(factor, state): text
            for factor, own in zip(factors, texts, strict=True)
            for state, text in own.items()
        }
        missing = [bins[f[0]].missing if len(f) == 1 else -1 for f in factors]
        return cls(tuple(factors), codes, sentences, told_once, np.array(missing, dtype=np.int64))


def code_of(factor: tuple[str, ...], state: str) -> str:
    """Return the stable code of a reason: names in capitals, then the state of the value."""
    code = _PAIR.join(name.upper() for name in factor)
    return f"{code}_{state}" if state else code


def codes_of(factor: tuple[str, ...]) -> frozenset[str]:
    """Return every code that a reason of `factor` may have."""
    return frozenset(code_of(factor, each) for each in ("", *_STATES))


def bin_states(bins: Bins, points: Ints | None, wording: AttributeText) -> list[str]:
    """Return the state that each bin's reason tells, by bin code.

    Parameters
    ----------
    points
        Shape (size,): the attribute's own points by bin code; None for one that stands only in
        pairs.
    """
    special = [MISSING, OUT_OF_RANGE]
    if points is None:
        return [*[""] * bins.ordinary, *special]
    best = best_bins(bins, points)
    is_sided = wording.below is not None and not bins.levels
    ordinary = []
    for code in range(bins.ordinary):
        if code in best:
            ordinary.append(KNOWN)
        elif is_sided:
            ordinary.append(BELOW if code < nearest(best, code) else ABOVE)
        else:
            ordinary.append("")
    return [*ordinary, *special]


def best_bins(bins: Bins, points: Ints) -> list[int]:
    """Return the codes of the ordinary bins with most points."""
    ordinary = points[: bins.ordinary]
    return np.flatnonzero(ordinary == ordinary.max()).tolist()


def nearest(best: Sequence[int], code: int) -> int:
    """Return the bin of `best` nearest to `code`; of two the lower."""
    return min(best, key=lambda each: abs(each - code))


def _quoted(bins: Bins, wording: AttributeText) -> Iterator[tuple[str, Text]]:
    unknown = _UNKNOWN_QUOTED if bins.levels else _OUT_OF_RANGE_QUOTED
    yield "", wording.reason
    yield MISSING, wording.missing
    yield OUT_OF_RANGE, _about(unknown, wording.label)


def _sided(bins: Bins, wording: AttributeText) -> Iterator[tuple[str, Text]]:
    yield "", wording.reason
    if wording.below and wording.above:
        yield BELOW, wording.below
        yield ABOVE, wording.above
    yield KNOWN, _about(_KNOWN, wording.label)
    yield MISSING, wording.missing
    yield OUT_OF_RANGE, _about(_UNKNOWN if bins.levels else _OUT_OF_RANGE, wording.label)


def _about(text: Text, label: Text) -> Text:
    return Text(text.zh.format(label=label.zh), text.en.format(label=label.en))


def _together(first: Text, second: Text) -> Text:
    return Text(
        _TOGETHER.zh.format(first=first.zh, second=second.zh),
        _TOGETHER.en.format(first=first.en, second=second.en),
    )


def _same_missing(names: Sequence[str], wording: Mapping[str, AttributeText]) -> tuple[Ints, ...]:
    rows: dict[Text, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(wording[name].missing, []).append(row)
    return tuple(np.array(each, dtype=np.int64) for each in rows.values() if len(each) > 1)
