"""How applicants shifted since development, and how members' points moved between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from data.storage.profiles import columns_of
from model.card.bin_labels import bin_labels
from model.card.bins import Columns, Floats, Ints
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.measures.baseline import Baseline
from training.measures.stability import stability_index


@dataclass(frozen=True)
class AttributeShift:
    """How one attribute shifted over the card's bins; `then` and `now` are shares by bin code.

    Attributes
    ----------
    csi : float
        Characteristic stability index: PSI over the card's bins, missing and out of range included.
    points : float
        Mean points gained since development through its own term; 0 if it has none.
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
    """How `rows` applicants shifted; `then` and `now` are shares by group of points."""

    rows: int
    psi: float
    cuts: list[int]
    then: Floats
    now: Floats
    attributes: tuple[AttributeShift, ...]


def applicant_shift(baseline: Baseline, columns: Columns) -> Shift:
    """Return the shift of the applicants in `columns`, each of shape (n,), from development.

    Points are compared by PSI and attributes by CSI, both over bins frozen in development.
    """
    card = baseline.file.card
    codes = card.codes(columns)
    totals = card.total(card.points_by_attribute(codes))
    points = baseline.points
    groups = np.bincount(points.group(totals), minlength=len(points.shares)) / len(totals)
    psi = _psi(baseline, points.shares, groups, len(totals))
    single = {t.attributes[0]: t.points for t in card.terms if len(t.attributes) == 1}
    shifts = []
    for name in card.attributes:
        then = baseline.attributes[name]
        now = np.bincount(codes[name], minlength=card.bins[name].size) / len(totals)
        gained = float(((now - then) * single[name]).sum()) if name in single else 0.0
        csi = _psi(baseline, then, now, len(totals))
        shifts.append(AttributeShift(name, csi, then, now, gained))
    strongest_first = tuple(sorted(shifts, key=lambda each: -each.csi))
    return Shift(len(totals), psi, points.cuts.tolist(), points.shares, groups, strongest_first)


def most_moved(baseline: Baseline, shift: AttributeShift) -> tuple[Text, float]:
    """Return the label of the bin whose share moved most, and the change of its share."""
    change = shift.now - shift.then
    code = int(np.argmax(np.abs(change)))
    return bin_labels(baseline.file.card.bins[shift.attribute])[code], float(change[code])


def _psi(baseline: Baseline, then: Floats, now: Floats, rows: int) -> float:
    return stability_index(np.rint(then * baseline.rows), np.rint(now * rows))


@dataclass(frozen=True)
class PointsChange:
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
        Members present on the second date only, and on the first only.
    fallen : float
        Share of staying members two or more grades lower than before.
    attributes : tuple of PointsChange
        The mean change by attribute; adds up to `points` exactly.
    """

    grades: tuple[str, ...]
    matrix: Ints
    joined: int
    left: int
    points: float
    fallen: float
    attributes: tuple[PointsChange, ...]
    counties: tuple[PointsChange, ...]


def member_migration(card: Card, then: pa.Table, now: pa.Table) -> Migration:
    """Return how members moved between two profiles, each sorted by member."""
    ids = [table["member_id"].to_numpy(zero_copy_only=False) for table in (then, now)]
    row_now = pd.Index(ids[1]).get_indexer(pd.Index(ids[0]))
    before, after = np.flatnonzero(row_now >= 0), row_now[row_now >= 0].astype(np.int64)
    by_attribute = [_points(card, table, rows) for table, rows in ((then, before), (now, after))]
    grades = tuple(grade.grade for grade in card.grades)
    ranks = [_ranks(card.grade(card.total(points)), grades) for points in by_attribute]
    matrix = np.zeros((len(grades), len(grades)), dtype=np.int64)
    np.add.at(matrix, (ranks[0], ranks[1]), 1)
    change = by_attribute[1] - by_attribute[0]
    counties = now["county_code"].to_numpy(zero_copy_only=False)[after].astype(object)
    staying = max(len(before), 1)
    return Migration(
        grades=grades,
        matrix=matrix,
        joined=len(ids[1]) - len(after),
        left=len(ids[0]) - len(before),
        points=float(change.sum() / staying),
        fallen=float((ranks[1] - ranks[0] >= 2).sum() / staying),
        attributes=_by_attribute(card, change, staying),
        counties=_by_county(counties.tolist(), change.sum(axis=1).astype(np.float64)),
    )


def _points(card: Card, table: pa.Table, rows: Ints) -> Ints:
    columns = columns_of(table.select(list(card.inputs)))
    codes = card.codes({name: values[rows] for name, values in columns.items()})
    return card.points_by_attribute(codes)


def _ranks(grade: np.ndarray[tuple[int], np.dtype[np.object_]], order: Sequence[str]) -> Ints:
    rank_of = {name: rank for rank, name in enumerate(order)}
    return np.array([rank_of[name] for name in grade.tolist()], dtype=np.int64)


def _by_attribute(card: Card, change: Ints, members: int) -> tuple[PointsChange, ...]:
    sums = change.sum(axis=0)
    changes = [
        PointsChange(name, int((change[:, column] != 0).sum()), float(sums[column] / members))
        for column, name in enumerate(card.attributes)
    ]
    return tuple(sorted(changes, key=lambda each: -abs(each.points)))


def _by_county(county: Sequence[object], change: Floats) -> tuple[PointsChange, ...]:
    names = np.array(["?" if name is None else str(name) for name in county], dtype=object)
    changes = [
        PointsChange(str(name), int((names == name).sum()), float(change[names == name].mean()))
        for name in sorted(set(names.tolist()))
    ]
    return tuple(sorted(changes, key=lambda each: each.points))
