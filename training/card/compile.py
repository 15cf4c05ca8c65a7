"""Additive tables to the integer card: scale, hold directions, round, and check.

Fewer bins where rounding made neighbours equal: the card scores the same and is shorter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from model.card.bins import Bins, Floats, Ints, Term
from model.card.derived import Derived
from model.card.scorecard import AttributeText, Card
from model.errors import TrainingError
from model.profile.dictionary import Attribute, Dictionary, Text
from training.additive import Additive, Dropped, Shape
from training.binning.optimal import breaks_direction, hold_direction
from training.card.calibrate import Calibration, pd_table
from training.card.whole_points import whole_points
from training.samples.sample import Sample
from training.settings import Settings


def merge_equal(bins: Bins, points: Ints) -> tuple[Bins, Ints]:
    """Return `bins` with neighbours of equal `points` made one, and their points.

    Parameters
    ----------
    points : Ints
        Shape (size,), by bin code. Groups of spellings have no order: equal ones merge wherever
        they stand. The missing and out-of-range bins stay bins of their own.
    """
    ordinary, special = points[: bins.ordinary], points[bins.ordinary :]
    if bins.levels:
        kept, group = np.unique(-ordinary, return_inverse=True)
        levels = [
            sum((bins.levels[i] for i in np.flatnonzero(group == g)), ()) for g in range(len(kept))
        ]
        return replace(bins, levels=tuple(levels)), np.concatenate([-kept, special])
    step = np.diff(ordinary) != 0
    edges = tuple(edge for edge, real in zip(bins.edges, step, strict=True) if real)
    first = np.concatenate([[True], step])
    return replace(bins, edges=edges), np.concatenate([ordinary[first], special])


def compile_card(
    additive: Additive,
    calibration: Calibration,
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
    name: str,
    provenance: Mapping[str, str],
) -> Card:
    """Return the card of `additive` after `calibration`.

    Every term's lowest points are 0, so that points are what a member earns; `sample` gives the
    reference points that reasons are measured against. A term that moves nobody by
    `least_points_kept` is left out, its mean going into the base.

    Raises
    ------
    TrainingError
        If whole points break a declared direction, or no term is left.
    """
    factor = settings.scaling.factor * calibration.slope
    shapes = [
        _held(Shape(s.attributes, factor * s.log_odds), additive.bins, sample, dictionary)
        for s in _in_declared_order(additive.shapes, dictionary)
    ]
    log_odds = calibration.intercept + calibration.slope * additive.intercept
    strong = [s for s in shapes if np.ptp(np.rint(s.log_odds)) >= settings.least_points_kept]
    if not strong:
        raise TrainingError("every attribute is so weak that none moves a member's points")
    codes = {name: own.codes(sample.columns[name]) for name, own in additive.bins.items()}
    points = whole_points(strong, additive.bins, codes, sample.weights, dictionary)
    # The base takes what the terms leave of the mean: their lowest points, and weak shapes whole.
    left = _mean(shapes, [s.log_odds for s in shapes], codes) - _mean(strong, points, codes)
    base = round(settings.scaling.offset + settings.scaling.factor * log_odds + left)
    bins, terms = _terms(strong, points, additive.bins, sample)
    derived = {name: own for name, own in additive.derived.items() if name in bins}
    bins = _with_sources(bins, additive)
    _refuse_wrong_directions(terms, bins, dictionary)
    _refuse_directed_sources(derived.values(), dictionary)
    highest = base + sum(int(term.points.max()) for term in terms)
    pd_points, pd_values = pd_table(base, highest, settings.scaling)
    return Card(
        name=name,
        base=base,
        bins=bins,
        terms=terms,
        wording={attribute: _wording(dictionary[attribute]) for attribute in bins},
        pd_points=pd_points,
        pd_values=pd_values,
        grades=settings.grades,
        scaling=settings.scaling,
        provenance=dict(provenance),
        derived=derived,
    )


def too_weak_for_points(additive: Additive, card: Card) -> tuple[Dropped, ...]:
    """Return the attributes of `additive` that are left without points."""
    gone = (name for name in additive.bins if name not in card.bins)
    reason = Text(zh="过弱：分数几乎不变", en="so weak that it hardly moves any points")
    return tuple(Dropped(name, reason) for name in gone)


def _in_declared_order(shapes: tuple[Shape, ...], dictionary: Dictionary) -> list[Shape]:
    place = {name: row for row, name in enumerate(dictionary.attributes)}
    return sorted(
        shapes, key=lambda s: [len(s.attributes), *(place[name] for name in s.attributes)]
    )


def _held(shape: Shape, bins: Mapping[str, Bins], sample: Sample, dictionary: Dictionary) -> Shape:
    """Return the shape with its ordinary bins pooled where they break the declared direction."""
    if len(shape.attributes) > 1 or bins[shape.attributes[0]].levels:
        return shape
    (name,) = shape.attributes
    codes = bins[name].codes(sample.columns[name])
    rows = np.bincount(codes, minlength=bins[name].size).astype(np.float64)
    ordinary = slice(0, bins[name].ordinary)
    held = shape.log_odds.copy()
    held[ordinary] = hold_direction(held[ordinary], rows[ordinary], dictionary[name].direction)
    return Shape(shape.attributes, held)


def _mean(
    shapes: Sequence[Shape], tables: Sequence[Floats | Ints], codes: Mapping[str, Ints]
) -> float:
    """Return the mean over rows of what `tables`, one for each of `shapes`, add in all."""
    return sum(
        float(table[tuple(codes[name] for name in shape.attributes)].mean())
        for shape, table in zip(shapes, tables, strict=True)
    )


def _terms(
    shapes: list[Shape], tables: list[Ints], bins: Mapping[str, Bins], sample: Sample
) -> tuple[dict[str, Bins], tuple[Term, ...]]:
    """Return the whole-point terms and the bins they use, equal neighbours made one."""
    uses = Counter(name for shape in shapes for name in shape.attributes)
    kept, terms = {}, []
    for shape, points in zip(shapes, tables, strict=True):
        own = {name: bins[name] for name in shape.attributes}
        if len(own) == 1 and uses[shape.attributes[0]] == 1:
            own[shape.attributes[0]], points = merge_equal(own[shape.attributes[0]], points)
        codes = tuple(own[name].codes(sample.columns[name]) for name in shape.attributes)
        terms.append(Term(shape.attributes, points, round(float(points[codes].mean()))))
        kept.update(own)
    return kept, tuple(terms)


def _with_sources(kept: dict[str, Bins], additive: Additive) -> dict[str, Bins]:
    """Return `kept` with the ranges of sources that have no points of their own."""
    sources = (s for name in kept if (own := additive.derived.get(name)) for s in own.sources)
    alone = {s: replace(additive.bins[s], edges=()) for s in sources if s not in kept}
    return {**kept, **alone}


def _refuse_wrong_directions(
    terms: tuple[Term, ...], bins: Mapping[str, Bins], dictionary: Dictionary
) -> None:
    for term in terms:
        for axis, name in enumerate(term.attributes):
            direction = dictionary[name].direction
            if bins[name].levels or direction == "free":
                continue
            slices = np.moveaxis(term.points, axis, 0)[: bins[name].ordinary].astype(np.float64)
            if breaks_direction(slices, direction):
                raise TrainingError(
                    f"points of {' × '.join(term.attributes)} break the declared direction of"
                    f" {name} ({direction})"
                )


def _refuse_directed_sources(derived: Iterable[Derived], dictionary: Dictionary) -> None:
    """Refuse to derive from a source with a direction: the derived shape could undo it."""
    for own in derived:
        for source in own.sources:
            if dictionary[source].direction != "free":
                raise TrainingError(
                    f"{own.name} is derived from {source}, which has a declared direction"
                    f" ({dictionary[source].direction}); derive from free attributes only"
                )


def _wording(attribute: Attribute) -> AttributeText:
    return AttributeText(attribute.label, attribute.reason, attribute.missing, attribute.actionable)
