"""Derived attributes in training: their names, dictionary entries and columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from model.card.bins import Bins, input_values
from model.card.derived import Derived, Kind
from model.profile.dictionary import Attribute, Dictionary, Text
from training.samples.sample import Sample

_NAMES: Mapping[Kind, str] = {"ratio": "{}_per_{}", "difference": "{}_less_{}"}
_LABELS: Mapping[Kind, str] = {"ratio": "{} ÷ {}", "difference": "{} − {}"}
_WORDS: Mapping[Kind, Text] = {
    "ratio": Text("{}与{}之比", "{}, as a ratio to {},"),
    "difference": Text("{}与{}之差", "{}, less {},"),
}
_SIDES: Mapping[str, Text] = {
    "reason": Text("不在最有利的范围内", "is outside the most favourable range"),
    "below": Text("低于最有利的范围", "is below the most favourable range"),
    "above": Text("高于最有利的范围", "is above the most favourable range"),
}
_MISSING: Mapping[Kind, Text] = {
    "ratio": Text(
        "{0}或{1}缺失，或{1}不大于零，无法相比",
        "{0} or {1} is missing, or {1} is not above zero, so the two cannot be compared",
    ),
    "difference": Text(
        "{}或{}缺失，无法相比", "{} or {} is missing, so the two cannot be compared"
    ),
}


def derived_from(kind: Kind, first: str, second: str) -> Derived:
    """Return the derived attribute with its name in a card."""
    return Derived(_NAMES[kind].format(first, second), kind, first, second)


def with_attributes(dictionary: Dictionary, derived: Iterable[Derived]) -> Dictionary:
    """Return `dictionary` with the derived attributes added at its end; its digest stays."""
    own = {each.name: _attribute(each, dictionary) for each in derived}
    return Dictionary({**dictionary.attributes, **own}, dictionary.digest)


def without_attributes(dictionary: Dictionary, derived: Collection[str]) -> Dictionary:
    """Return `dictionary` without the attributes named `derived`."""
    own = {name: each for name, each in dictionary.attributes.items() if name not in derived}
    return Dictionary(own, dictionary.digest)


def with_columns(
    sample: Sample, derived: Mapping[str, Derived], bins: Mapping[str, Bins]
) -> Sample:
    """Return `sample` with a column for each derived attribute.

    Parameters
    ----------
    bins : mapping of str to Bins
        Bins of the sources, for their ranges.
    """
    added = {name: input_values(name, sample.columns, bins, derived) for name in derived}
    return replace(sample, columns={**sample.columns, **added})


def _attribute(own: Derived, dictionary: Dictionary) -> Attribute:
    first, second = (dictionary[source] for source in own.sources)
    words = _of_both(_WORDS[own.kind], first, second)
    sides = {
        name: Text(f"{words.zh}{side.zh}", f"{words.en} {side.en}") for name, side in _SIDES.items()
    }
    return Attribute(
        name=own.name,
        label=_of_both(Text(_LABELS[own.kind], _LABELS[own.kind]), first, second),
        flow=first.flow,
        type="number",
        role="scored",
        reason=sides["reason"],
        missing=_of_both(_MISSING[own.kind], first, second),
        source=tuple(dict.fromkeys([*first.source, *second.source])),
        actionable=first.actionable and second.actionable,
        below=sides["below"],
        above=sides["above"],
    )


def _of_both(text: Text, first: Attribute, second: Attribute) -> Text:
    labels = first.label, second.label
    return Text(
        text.zh.format(*(label.zh for label in labels)),
        text.en.format(*(label.en for label in labels)),
    )
