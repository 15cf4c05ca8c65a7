"""Compile additive tables into the integer card: scale, enforce directions, round and check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from model.card.bins import Bins, Floats, Ints, Term
from model.card.derived import Derived
from model.card.reason_table import wording_of
from model.card.scorecard import Card, Scaling
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Text
from training.additive import Additive, Dropped, Shape
from training.binning.evidence import counts
from training.binning.missing import shape_without_gain
from training.binning.optimal import breaks_direction, hold_direction
from training.binning.turns import supported_turns
from training.card.calibrate import Calibration, pd_table, scale_curve
from training.card.whole_points import whole_points
from training.samples.sample import Sample
from training.settings import Settings


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
    `least_points_kept` is left out, and its mean goes into the base.

    Raises
    ------
    TrainingError
        If whole points break a declared direction, or no term is left.
    """
    shapes = _scale_shapes(additive, calibration, sample, dictionary, settings)
    strong = [s for s in shapes if np.ptp(np.rint(s.log_odds)) >= settings.least_points_kept]
    if not strong:
        raise TrainingError("every attribute is so weak that none moves a member's points")
    codes = {name: own.codes(sample.columns[name]) for name, own in additive.bins.items()}
    points = whole_points(strong, additive.bins, codes, sample.weights, dictionary)
    # The base takes the rest of the mean: the terms' lowest points, and the weak shapes' means.
    weight = sample.weight
    rest = _mean(shapes, [s.log_odds for s in shapes], codes, weight)
    rest -= _mean(strong, points, codes, weight)
    base = _base_points(additive, calibration, settings.scaling, rest)
    bins, terms = _whole_point_terms(strong, points, additive.bins, sample)
    derived = {name: own for name, own in additive.derived.items() if name in bins}
    bins = _with_source_ranges(bins, additive)
    _refuse_wrong_directions(terms, bins, dictionary)
    _refuse_directed_sources(derived.values(), dictionary)
    highest = base + sum(int(term.points.max()) for term in terms)
    pd_points, pd_values = pd_table(base, highest, scale_curve(settings.scaling))
    return Card(
        name=name,
        base=base,
        bins=bins,
        terms=terms,
        wording={attribute: wording_of(dictionary[attribute]) for attribute in bins},
        pd_points=pd_points,
        pd_values=pd_values,
        grades=settings.grades,
        scaling=settings.scaling,
        provenance=dict(provenance),
        derived=derived,
        tells_sides=True,
    )


def too_weak_for_points(additive: Additive, card: Card) -> tuple[Dropped, ...]:
    """Return the attributes of `additive` that have no points in `card`."""
    absent = (name for name in additive.bins if name not in card.bins)
    reason = Text(zh="过弱：分数几乎不变", en="so weak that it hardly moves any points")
    return tuple(Dropped(name, reason) for name in absent)


def _scale_shapes(
    additive: Additive,
    calibration: Calibration,
    sample: Sample,
    dictionary: Dictionary,
    settings: Settings,
) -> list[Shape]:
    """Return the shapes in points, in the dictionary's order, with what a card promises enforced.

    Declared directions hold, a free attribute turns only on evidence, and a missing record is worth
    no more than a typical known one.
    """
    factor = settings.scaling.factor * calibration.slope
    order = {name: row for row, name in enumerate(dictionary.attributes)}
    codes = {name: own.codes(sample.columns[name]) for name, own in additive.bins.items()}
    return [
        shape_without_gain(
            _scaled(_enforce_direction(s, additive.bins, sample, dictionary), factor),
            additive.bins, codes, sample.weights,
        )
        for s in sorted(
            additive.shapes,
            key=lambda s: [len(s.attributes), *(order[name] for name in s.attributes)],
        )
    ]  # fmt: skip


def _scaled(shape: Shape, factor: float) -> Shape:
    return Shape(shape.attributes, factor * shape.log_odds)


def _enforce_direction(
    shape: Shape, bins: Mapping[str, Bins], sample: Sample, dictionary: Dictionary
) -> Shape:
    """Return the shape with its ordinary bins pooled where they break the declared direction.

    Of a free attribute those are pooled that turn without evidence.
    """
    if len(shape.attributes) > 1 or bins[shape.attributes[0]].levels:
        return shape
    (name,) = shape.attributes
    codes, direction = bins[name].codes(sample.columns[name]), dictionary[name].direction
    goods, bads = counts(codes, sample.bad, bins[name].size, sample.weights)
    own = slice(0, bins[name].ordinary)
    table = shape.log_odds.copy()
    if direction == "free":
        table[own] = supported_turns(table[own], goods[own], bads[own])
    else:
        table[own] = hold_direction(table[own], (goods + bads)[own], direction)
    return Shape(shape.attributes, table)


def _base_points(
    additive: Additive, calibration: Calibration, scaling: Scaling, rest: float
) -> int:
    log_odds = calibration.intercept + calibration.slope * additive.intercept
    return round(scaling.offset + scaling.factor * log_odds + rest)


def _mean(
    shapes: Sequence[Shape],
    tables: Sequence[Floats | Ints],
    codes: Mapping[str, Ints],
    weight: Floats | None,
) -> float:
    """Return the weighted mean over rows of the sum of `tables`, one for each of `shapes`."""
    return sum(
        float(np.average(table[tuple(codes[n] for n in shape.attributes)], weights=weight))
        for shape, table in zip(shapes, tables, strict=True)
    )


def _whole_point_terms(
    shapes: list[Shape], tables: list[Ints], bins: Mapping[str, Bins], sample: Sample
) -> tuple[dict[str, Bins], tuple[Term, ...]]:
    """Return the terms and the bins they use; neighbours with equal points are merged."""
    uses = Counter(name for shape in shapes for name in shape.attributes)
    used: dict[str, Bins] = {}
    terms = []
    for shape, points in zip(shapes, tables, strict=True):
        own = {name: bins[name] for name in shape.attributes}
        if len(own) == 1 and uses[shape.attributes[0]] == 1:
            own[shape.attributes[0]], points = merge_equal(own[shape.attributes[0]], points)
        codes = tuple(own[name].codes(sample.columns[name]) for name in shape.attributes)
        mean = float(np.average(points[codes], weights=sample.weight))
        terms.append(Term(shape.attributes, points, round(mean)))
        used.update(own)
    return used, tuple(terms)


def merge_equal(bins: Bins, points: Ints) -> tuple[Bins, Ints]:
    """Return `bins` with neighbours of equal `points` merged, and their points.

    The card scores the same and is shorter.

    Parameters
    ----------
    points : Ints
        Shape (size,), by bin code. Groups of spellings have no order, so any two with equal points
        merge. The missing and out-of-range bins are never merged.
    """
    ordinary, special = points[: bins.ordinary], points[bins.ordinary :]
    if bins.levels:
        values, group = np.unique(-ordinary, return_inverse=True)
        levels = [
            sum((bins.levels[i] for i in np.flatnonzero(group == g)), ())
            for g in range(len(values))
        ]
        return replace(bins, levels=tuple(levels)), np.concatenate([-values, special])
    step = np.diff(ordinary) != 0
    edges = tuple(edge for edge, real in zip(bins.edges, step, strict=True) if real)
    first = np.concatenate([[True], step])
    return replace(bins, edges=edges), np.concatenate([ordinary[first], special])


def _with_source_ranges(used: dict[str, Bins], additive: Additive) -> dict[str, Bins]:
    """Return `used` with the ranges of sources that have no points of their own."""
    sources = (s for name in used if (own := additive.derived.get(name)) for s in own.sources)
    unscored = {s: replace(additive.bins[s], edges=()) for s in sources if s not in used}
    return {**used, **unscored}


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
    """Refuse a derived attribute whose source has a direction, which its shape could undo."""
    for own in derived:
        for source in own.sources:
            if dictionary[source].direction != "free":
                raise TrainingError(
                    f"{own.name} is derived from {source}, which has a declared direction"
                    f" ({dictionary[source].direction}); derive from free attributes only"
                )
