"""Have applicants moved since development: PSI of points, CSI of attributes, over frozen bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.scorecard import Columns, Floats
from training.bin_table import bin_labels
from training.monitoring.baseline import Baseline
from training.stability import stability_index


@dataclass(frozen=True)
class AttributeShift:
    """How one attribute's bins moved.

    Attributes
    ----------
    csi : float
        Characteristic stability index: PSI over the card's bins, missing and out of range included.
    points : float
        Mean points the applicants gained through it against development (one-attribute terms).
    """

    attribute: str
    csi: float
    then: Floats
    now: Floats
    points: float

    @property
    def missing_rise(self) -> float:
        """Rise of the share of missing values."""
        return float(self.now[-2] - self.then[-2])

    @property
    def out_of_range(self) -> float:
        """Share of out-of-range values now."""
        return float(self.now[-1])


@dataclass(frozen=True)
class Shift:
    """How applicants moved; `rows` of them, `then` and `now` are shares by group of points."""

    rows: int
    psi: float
    cuts: list[int]
    then: Floats
    now: Floats
    attributes: tuple[AttributeShift, ...]


def applicant_shift(baseline: Baseline, columns: Columns) -> Shift:
    """Return the shift of the applicants in `columns`, each of shape (n,), from development."""
    card = baseline.file.card
    codes = card.codes(columns)
    totals = card.total(card.points_by_attribute(codes))
    points = baseline.points
    groups = np.bincount(points.group(totals), minlength=len(points.shares)) / len(totals)
    index = _index(baseline, points.shares, groups, len(totals))
    single = {t.attributes[0]: t.points for t in card.terms if len(t.attributes) == 1}
    moved = []
    for name in card.attributes:
        then = baseline.attributes[name]
        now = np.bincount(codes[name], minlength=card.bins[name].size) / len(totals)
        gained = float(((now - then) * single[name]).sum()) if name in single else 0.0
        csi = _index(baseline, then, now, len(totals))
        moved.append(AttributeShift(name, csi, then, now, gained))
    strongest_first = tuple(sorted(moved, key=lambda each: -each.csi))
    return Shift(len(totals), index, points.cuts.tolist(), points.shares, groups, strongest_first)


def most_moved(baseline: Baseline, shift: AttributeShift) -> tuple[str, str, float]:
    """Return the bin whose share moved most, in Chinese and English, and by how much."""
    at = int(np.argmax(np.abs(shift.now - shift.then)))
    label = bin_labels(baseline.file.card.bins[shift.attribute])[at]
    return label.zh, label.en, float(shift.now[at] - shift.then[at])


def _index(baseline: Baseline, then: Floats, now: Floats, rows: int) -> float:
    return stability_index(np.rint(then * baseline.rows), np.rint(now * rows))
