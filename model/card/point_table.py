"""A card's bins and points as arrays over all attributes at once.

A numpy step costs the same for one row as for a thousand, and a decision online is a group of a few
rows: so there is one step for all attributes, not one for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.card.bins import Bins, Columns, Floats, Ints, Term

#: Rows compared with all edges at a time, so that a batch's comparisons stay in the cache.
_ROWS_AT_ONCE = 2_048


@dataclass(frozen=True)
class NumberBins:
    """The bins of k attributes that hold numbers.

    Attributes
    ----------
    edges : array
        Shape (k, most edges, 1), ascending; infinity where an attribute has fewer.
    low, high, missing, out_of_range : array
        Shape (k, 1): the bounds of what is plausible, and the codes of what is not ordinary.
    """

    names: tuple[str, ...]
    edges: Floats
    low: Floats
    high: Floats
    missing: Ints
    out_of_range: Ints

    @classmethod
    def of(cls, bins: Mapping[str, Bins], names: Sequence[str]) -> NumberBins:
        """Return the bins of those of `names` that hold numbers."""
        own = {name: bins[name] for name in names if not bins[name].levels}
        most = max((len(each.edges) for each in own.values()), default=0)
        edges = np.full((len(own), most, 1), np.inf)
        for row, each in enumerate(own.values()):
            edges[row, : len(each.edges), 0] = each.edges
        return cls(
            names=tuple(own),
            edges=edges,
            low=np.array([[each.least] for each in own.values()], np.float64).reshape(-1, 1),
            high=np.array([[each.most] for each in own.values()], np.float64).reshape(-1, 1),
            missing=np.array([[each.missing] for each in own.values()], np.int64).reshape(-1, 1),
            out_of_range=np.array([[each.out_of_range] for each in own.values()], np.int64).reshape(
                -1, 1
            ),
        )

    def codes(self, columns: Columns) -> dict[str, Ints]:
        """Return the bin codes of n rows by attribute, each of shape (n,)."""
        if not self.names:
            return {}
        values = np.array([columns[name] for name in self.names], dtype=np.float64)
        found = np.empty(values.shape, dtype=np.int64)
        for start in range(0, values.shape[1], _ROWS_AT_ONCE):
            part = values[:, start : start + _ROWS_AT_ONCE]
            found[:, start : start + _ROWS_AT_ONCE] = (self.edges <= part[:, None]).sum(axis=1)
        # NaN fails both comparisons, so it is out of range first and missing last.
        plausible = (values >= self.low) & (values <= self.high)
        found = np.where(plausible, found, self.out_of_range)
        return dict(zip(self.names, np.where(np.isnan(values), self.missing, found), strict=True))


@dataclass(frozen=True)
class PointTable:
    """The points of a card's terms, by attribute.

    Attributes
    ----------
    own : array
        Shape (attributes, most codes): points of an attribute's own terms by bin code.
    pairs : tuple
        Terms of two attributes.
    """

    attributes: tuple[str, ...]
    own: Ints
    pairs: tuple[Term, ...]

    @classmethod
    def of(cls, attributes: tuple[str, ...], terms: Sequence[Term]) -> PointTable:
        """Return the points of `terms` over `attributes`."""
        single = [term for term in terms if len(term.attributes) == 1]
        most = max((len(term.points) for term in single), default=1)
        own = np.zeros((len(attributes), most), dtype=np.int64)
        for term in single:
            own[attributes.index(term.attributes[0]), : len(term.points)] += term.points
        return cls(attributes, own, tuple(term for term in terms if len(term.attributes) == 2))

    def points(self, codes: Mapping[str, Ints]) -> Ints:
        """Return points by row and attribute, shape (n, attributes)."""
        stacked = np.array([codes[name] for name in self.attributes])
        # A code beyond an attribute's own terms has a pair's points alone.
        table = self.own[self._rows, np.minimum(stacked, self.own.shape[1] - 1)]
        for term in self.pairs:
            found = term.points[tuple(codes[name] for name in term.attributes)]
            for row, points in self._shared(term, found):
                table[row] += points
        by_row: Ints = table.T
        return by_row

    def references(self, terms: Sequence[Term]) -> Ints:
        """Return reference points by attribute, shape (attributes,)."""
        table = np.zeros(len(self.attributes), dtype=np.int64)
        for term in terms:
            for row, points in self._shared(term, np.array(term.reference)):
                table[row] += points
        return table

    @property
    def _rows(self) -> Ints:
        return np.arange(len(self.attributes))[:, None]

    def _shared(self, term: Term, points: Ints) -> Iterator[tuple[int, Ints]]:
        first, *second = (self.attributes.index(name) for name in term.attributes)
        # A pair's points are shared in whole numbers: the first takes what halving leaves over.
        half = points // 2 if second else points * 0
        yield first, points - half
        for row in second:
            yield row, half
