"""Have applicants moved since development: PSI of points, CSI of attributes, over frozen bins.

How members moved between two dates: grades then and now, points by attribute and by county.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from data.storage.profiles import columns_of
from model.card.bins import Columns, Floats, Ints
from model.card.scorecard import Card
from training.binning.evidence import bin_labels
from training.measures.baseline import Baseline
from training.measures.stability import stability_index


@dataclass(frozen=True)
class Moved:
    """Mean change of points of some members; `name` is an attribute's or a county's."""

    name: str
    members: int
    points: float


@dataclass(frozen=True)
class Migration:
    """Members at two dates.

    Attributes
    ----------
    matrix : Ints
        Shape (grades, grades): members by grade then (down) and now (across), best grade first.
    joined, left : int
        Members of one date only.
    fallen : float
        Share of staying members two or more grades lower than before.
    attributes : tuple of Moved
        What the mean change is made of: adds up to `points` exactly.
    """

    grades: tuple[str, ...]
    matrix: Ints
    joined: int
    left: int
    points: float
    fallen: float
    attributes: tuple[Moved, ...]
    counties: tuple[Moved, ...]


def member_migration(card: Card, then: pa.Table, now: pa.Table) -> Migration:
    """Return how members moved between two profiles, each sorted by member."""
    ids = [table["member_id"].to_numpy(zero_copy_only=False) for table in (then, now)]
    place = pd.Index(ids[1]).get_indexer(pd.Index(ids[0]))
    before, after = np.flatnonzero(place >= 0), place[place >= 0].astype(np.int64)
    by_attribute = [_points(card, table, rows) for table, rows in ((then, before), (now, after))]
    grades = tuple(grade.grade for grade in card.grades)
    ranks = [_ranks(card.grade(card.total(points)), grades) for points in by_attribute]
    matrix = np.zeros((len(grades), len(grades)), dtype=np.int64)
    np.add.at(matrix, (ranks[0], ranks[1]), 1)
    change = by_attribute[1] - by_attribute[0]
    counties = now["county_code"].to_numpy(zero_copy_only=False)[after].astype(object)
    stay = max(len(before), 1)
    return Migration(
        grades=grades,
        matrix=matrix,
        joined=len(ids[1]) - len(after),
        left=len(ids[0]) - len(before),
        points=float(change.sum() / stay),
        fallen=float((ranks[1] - ranks[0] >= 2).sum() / stay),
        attributes=_by_attribute(card, change, stay),
        counties=_by_county(counties.tolist(), change.sum(axis=1).astype(np.float64)),
    )


def _points(card: Card, table: pa.Table, rows: Ints) -> Ints:
    columns = columns_of(table.select(list(card.inputs)))
    codes = card.codes({name: values[rows] for name, values in columns.items()})
    return card.points_by_attribute(codes)


def _ranks(grade: np.ndarray[tuple[int], np.dtype[np.object_]], order: Sequence[str]) -> Ints:
    place = {name: rank for rank, name in enumerate(order)}
    return np.array([place[name] for name in grade.tolist()], dtype=np.int64)


def _by_attribute(card: Card, change: Ints, members: int) -> tuple[Moved, ...]:
    sums = change.sum(axis=0)
    moved = [
        Moved(name, int((change[:, at] != 0).sum()), float(sums[at] / members))
        for at, name in enumerate(card.attributes)
    ]
    return tuple(sorted(moved, key=lambda each: -abs(each.points)))


def _by_county(county: Sequence[object], change: Floats) -> tuple[Moved, ...]:
    names = np.array(["?" if name is None else str(name) for name in county], dtype=object)
    moved = [
        Moved(str(name), int((names == name).sum()), float(change[names == name].mean()))
        for name in sorted(set(names.tolist()))
    ]
    return tuple(sorted(moved, key=lambda each: each.points))


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
