"""What no card may say: fields that are well formed one by one but contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.derived import KINDS, Derived
from model.scorecard import Bins, Card


def refuse_contradictions(card: Card) -> None:
    """Refuse a card whose parts do not fit together.

    Raises
    ------
    ValueError
        With the first contradiction, in words.
    """
    for contradiction in _contradictions(card):
        raise ValueError(contradiction)


def _contradictions(card: Card) -> Iterator[str]:
    if not card.terms or set(card.bins) != {*card.attributes, *card.inputs}:
        yield "terms and attributes do not fit"
    for term in card.terms:
        shape = tuple(card.bins[name].size for name in term.attributes)
        if len(shape) not in (1, 2) or term.points.shape != shape:
            yield f"points of {'×'.join(term.attributes)} do not fit their bins"
    for name, bins in card.bins.items():
        if list(bins.edges) != sorted(set(bins.edges)) or (bins.edges and bins.levels):
            yield f"bins of {name} are not in order"
    for own in card.derived.values():
        yield from _of_derived(card, own)
    yield from _of_scale(card)


def _of_derived(card: Card, own: Derived) -> Iterator[str]:
    if own.kind not in KINDS:
        yield f"{own.name} is a {own.kind!r}; known are {', '.join(KINDS)}"
    if own.first == own.second or own.name not in card.attributes:
        yield f"{own.name} is derived from one attribute, or moves no points"
    if any(name in card.derived or card.bins[name].levels for name in own.sources):
        yield f"a source of {own.name} is derived itself, or text"
    bins = card.bins[own.name]
    if bins != Bins(own.name, bins.edges):
        yield f"{own.name} is derived, and so has edges only: its range is that of its sources"


def _of_scale(card: Card) -> Iterator[str]:
    if len(card.pd_points) != len(card.pd_values) or not len(card.pd_points):
        yield "the PD table is empty or lopsided"
    if (np.diff(card.pd_points) <= 0).any() or (np.diff(card.pd_values) > 0).any():
        yield "the PD table is not monotone"
    if not ((card.pd_values >= 0) & (card.pd_values <= 1)).all() or not card.grades:
        yield "a PD lies outside 0..1, or there are no grades"
