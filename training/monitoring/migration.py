"""How members moved between two dates: grades then and now, points by attribute and by county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from data.profiles import columns_of
from model.scorecard import Card, Floats, Ints


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
