"""Round tables of points to whole points together, and measure what rounding costs.

If each of sixty tables is rounded on its own, the errors add up: at 20 points a doubling they cost
0.001 to 0.002 AUC. Rounded together, one table makes up for what another's rounding lost: cells
move table by table, each by the step that leaves the least squared error of the total over rows,
until no move gains (coordinate descent).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from model.card.bins import Bins, Floats, Ints
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.additive import Additive, Fit, Shape
from training.binning.missing import hold_missing, typical_codes
from training.binning.optimal import breaks_direction
from training.binning.turns import turns
from training.card.calibrate import Calibration, scale_curve
from training.families.comparison import RoundingLoss
from training.measures.discrimination import auc_of_scores, delong
from training.samples.sample import Sample

_MAX_SWEEPS = 6
#: How far a cell's points may end from its own value: a table must stay readable by itself.
_MAX_DISTANCE = 1.0
#: Error-free rows added to a cell, because the mean error of few rows is mostly chance.
_PRIOR_ROWS = 2.0

Codes = Mapping[str, Ints]


def whole_points(
    shapes: Sequence[Shape],
    bins: Mapping[str, Bins],
    codes: Codes,
    weights: Floats,
    dictionary: Dictionary,
) -> list[Ints]:
    """Return whole points of each of `shapes` (in points), least 0, with the smallest loss found.

    Parameters
    ----------
    codes : mapping of str to Ints
        Shape (n,): each row's bin code by attribute.
    weights : Floats
        Shape (n,): how many rows each row represents.

    Notes
    -----
    A declared direction holds in every table, as it does in `shapes`, and no table of a number
    turns more often than its shape; a missing value is worth no more than the typical one; a number
    out of range is worth no more than any other value, and an unknown spelling no more than before.
    """
    points = [np.rint(shape.log_odds).astype(np.int64) for shape in shapes]
    typical = [tuple(typical_codes(shape, bins, codes, weights)) for shape in shapes]
    error = np.zeros(len(weights))
    for shape, table in zip(shapes, points, strict=True):
        error += (shape.log_odds - table)[_cells(shape, codes)]
    error -= np.average(error, weights=weights)
    for _ in range(_MAX_SWEEPS):
        improved = False
        for row, shape in enumerate(shapes):
            cells = _cells(shape, codes)
            moved = _move_cells(shape, points[row], error, cells, weights)
            moved = _keep_promises(shape, moved, points[row], typical[row], bins, dictionary)
            remaining = error - (moved - points[row])[cells]
            if weights @ remaining**2 < weights @ error**2:
                error, points[row], improved = remaining, moved, True
        if not improved:
            break
    return [table - table.min() for table in points]


def _cells(shape: Shape, codes: Codes) -> tuple[Ints, ...]:
    return tuple(codes[name] for name in shape.attributes)


def _move_cells(
    shape: Shape, points: Ints, error: Floats, cells: tuple[Ints, ...], weights: Floats
) -> Ints:
    """Return `points` with each cell moved by the mean error of its rows, to the nearest whole."""
    size = points.size
    cell = np.ravel_multi_index(cells, points.shape)
    rows = np.bincount(cell, weights=weights, minlength=size)
    lost = np.bincount(cell, weights=weights * error, minlength=size)
    mean = (lost / (rows + _PRIOR_ROWS)).reshape(points.shape)
    low = np.ceil(shape.log_odds - _MAX_DISTANCE)
    high = np.floor(shape.log_odds + _MAX_DISTANCE)
    return np.clip(points + np.rint(mean), low, high).astype(np.int64)


def _keep_promises(
    shape: Shape,
    moved: Ints,
    points: Ints,
    typical: tuple[int | None, ...],
    bins: Mapping[str, Bins],
    dictionary: Dictionary,
) -> Ints:
    """Return `moved` with missing and out of range held, or `points` if it breaks a direction."""
    kept = hold_missing(shape, moved, bins, typical)
    for axis, name in enumerate(shape.attributes):
        along, before, own = np.moveaxis(kept, axis, 0), np.moveaxis(points, axis, 0), bins[name]
        known = along[: own.out_of_range]
        least = before[own.out_of_range] if own.levels else known.min(axis=0)
        along[own.out_of_range] = np.minimum(along[own.out_of_range], least)
    for axis, name in enumerate(shape.attributes):
        slices = np.moveaxis(kept, axis, 0)[: bins[name].ordinary].astype(np.float64)
        if not bins[name].levels and breaks_direction(slices, dictionary[name].direction):
            return points
    return points if _turns_more(shape, kept, bins) else kept


def _turns_more(shape: Shape, points: Ints, bins: Mapping[str, Bins]) -> bool:
    """Return whether rounding together would add a turn to the table of one number."""
    (name, *second) = shape.attributes
    if second or bins[name].levels:
        return False
    own = slice(0, bins[name].ordinary)
    return turns(points[own]) > turns(shape.log_odds[own])


def rounding_loss(fit: Fit, calibration: Calibration, card: Card, unseen: Sample) -> RoundingLoss:
    """Return the AUC and the Brier score lost from `fit`'s finest shapes to `card`.

    `unseen` has rows that the card has not seen.
    """
    finest = fit.fine or fit.additive
    fine = _measure_shapes(finest, calibration, unseen)
    merged = _measure_shapes(fit.additive, calibration, unseen)
    totals = card.total(card.points_by_attribute(card.codes(unseen.columns)))
    # By the scale's own odds, as the shapes are: a curve of the PD table is no loss of rounding.
    points = _measure(totals, scale_curve(card.scaling)(totals.astype(np.float64)), unseen)
    return RoundingLoss(
        merging_auc=fine[0] - merged[0],
        rounding_auc=merged[0] - points[0],
        merging_brier=merged[1] - fine[1],
        rounding_brier=points[1] - merged[1],
        auc_error=delong(finest.log_odds(unseen.columns), totals, unseen.bad).standard_error,
    )


def _measure_shapes(
    additive: Additive, calibration: Calibration, unseen: Sample
) -> tuple[float, float]:
    log_odds = calibration.intercept + calibration.slope * additive.log_odds(unseen.columns)
    return _measure(log_odds, 1 / (1 + np.exp(log_odds)), unseen)


def _measure(score: Ints | Floats, pd: Floats, unseen: Sample) -> tuple[float, float]:
    """Return AUC and Brier score; a higher `score` is safer."""
    brier = np.average((pd - unseen.bad) ** 2, weights=unseen.weight)
    return auc_of_scores(score, unseen.bad, unseen.weight), float(brier)
