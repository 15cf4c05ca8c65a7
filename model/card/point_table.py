"""A card's bins and points as arrays over all attributes at once.

A numpy step costs the same for one row as for a thousand, and an online decision has only a few
rows. So one step handles all attributes, instead of one step for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.card.bins import Bins, Columns, Floats, Ints, Term

#: Rows compared with all edges at a time, so that the comparisons fit the processor's cache.
_CHUNK_ROWS = 2_048


@dataclass(frozen=True)
class NumberBins:
    """The bins of k attributes that hold numbers.

    Attributes
    ----------
    edges : array
        Shape (k, max edges, 1), ascending; infinity where an attribute has fewer.
    low, high, missing, out_of_range : array
        Shape (k, 1): the bounds of plausible values, and the codes of the two special bins.
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
        max_edges = max((len(each.edges) for each in own.values()), default=0)
        edges = np.full((len(own), max_edges, 1), np.inf)
        for row, each in enumerate(own.values()):
            edges[row, : len(each.edges), 0] = each.edges
        return cls(
            names=tuple(own),
            edges=edges,
            low=np.array([[each.lowest] for each in own.values()], np.float64).reshape(-1, 1),
            high=np.array([[each.highest] for each in own.values()], np.float64).reshape(-1, 1),
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
        codes = np.empty(values.shape, dtype=np.int64)
        for start in range(0, values.shape[1], _CHUNK_ROWS):
            part = values[:, start : start + _CHUNK_ROWS]
            codes[:, start : start + _CHUNK_ROWS] = (self.edges <= part[:, None]).sum(axis=1)
        # NaN fails both comparisons and counts as out of range here, so mark missing values last.
        plausible = (values >= self.low) & (values <= self.high)
        codes = np.where(plausible, codes, self.out_of_range)
        return dict(zip(self.names, np.where(np.isnan(values), self.missing, codes), strict=True))


@dataclass(frozen=True)
class PointTable:
    """The points of a card's terms, by attribute.

    Attributes
    ----------
    own : array
        Shape (attributes, max codes): points of an attribute's own terms by bin code.
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
        max_codes = max((len(term.points) for term in single), default=1)
        own = np.zeros((len(attributes), max_codes), dtype=np.int64)
        for term in single:
            own[attributes.index(term.attributes[0]), : len(term.points)] += term.points
        return cls(attributes, own, tuple(term for term in terms if len(term.attributes) == 2))

    def points(self, codes: Mapping[str, Ints]) -> Ints:
        """Return points by row and attribute, a pair's split in two; shape (n, attributes)."""
        table = self._own_points(codes)
        for term in self.pairs:
            for row, points in self._split(term, _of_pair(term, codes)):
                table[row] += points
        by_row: Ints = table.T
        return by_row

    def with_pairs(self, codes: Mapping[str, Ints]) -> Ints:
        """Return points by row and factor, shape (n, attributes + pairs): pairs stand alone."""
        pairs = [_of_pair(term, codes) for term in self.pairs]
        by_row: Ints = np.vstack([self._own_points(codes), *pairs]).T
        return by_row

    def factor_references(self, terms: Sequence[Term]) -> Ints:
        """Return reference points by factor, shape (attributes + pairs,)."""
        own = np.zeros(len(self.attributes), dtype=np.int64)
        for term in terms:
            if len(term.attributes) == 1:
                own[self.attributes.index(term.attributes[0])] += term.reference
        return np.array([*own, *(term.reference for term in self.pairs)], dtype=np.int64)

    def _own_points(self, codes: Mapping[str, Ints]) -> Ints:
        stacked = np.array([codes[name] for name in self.attributes])
        # A code is clipped only for an attribute that occurs only in pairs; its row is all zeros.
        found: Ints = self.own[self._rows, np.minimum(stacked, self.own.shape[1] - 1)]
        return found

    def references(self, terms: Sequence[Term]) -> Ints:
        """Return reference points by attribute, shape (attributes,)."""
        table = np.zeros(len(self.attributes), dtype=np.int64)
        for term in terms:
            for row, points in self._split(term, np.array(term.reference)):
                table[row] += points
        return table

    @property
    def _rows(self) -> Ints:
        return np.arange(len(self.attributes))[:, None]

    def _split(self, term: Term, points: Ints) -> Iterator[tuple[int, Ints]]:
        first, *second = (self.attributes.index(name) for name in term.attributes)
        # Split a pair's points in integers: the first attribute takes the remainder of the halving.
        half = points // 2 if second else points * 0
        yield first, points - half
        for row in second:
            yield row, half


def _of_pair(term: Term, codes: Mapping[str, Ints]) -> Ints:
    points: Ints = term.points[tuple(codes[name] for name in term.attributes)]
    return points
