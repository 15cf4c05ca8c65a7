"""The scorecard: the sum of integer points per bin, a table from points to PD, a scale of grades.

Points are integers, so that one row and ten million give the same total, bit for bit; a sum of
floats does not. Scaling follows Siddiqi (2006), *Credit Risk Scorecards*, ch. 6: `anchor_points` at
`anchor_odds` good:bad, and `pdo` points double the odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Bins, Columns, Floats, Ints, Term, input_values
from model.card.derived import Derived
from model.card.point_table import NumberBins, PointTable
from model.card.reason_table import AttributeText, ReasonTable

#: Formats 1 and 2 tell reasons as they did when their cards were trained: past decisions replay.
PLAIN_FORMAT, DERIVED_FORMAT, SIDED_FORMAT = "rongzi-card/1", "rongzi-card/2", "rongzi-card/3"
FORMATS = (PLAIN_FORMAT, DERIVED_FORMAT, SIDED_FORMAT)


@dataclass(frozen=True)
class Grade:
    """One band of the master scale: PD at most `pd_at_most` (the last band takes the rest)."""

    grade: str
    pd_at_most: float


@dataclass(frozen=True)
class Scaling:
    """`anchor_points` at `anchor_odds` good:bad; `pdo` points double the odds."""

    pdo: int = 20
    anchor_points: int = 600
    anchor_odds: float = 50.0

    @property
    def factor(self) -> float:
        """Points per unit of natural log odds."""
        return float(self.pdo / np.log(2.0))

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return float(self.anchor_points - self.factor * np.log(self.anchor_odds))


@dataclass(frozen=True, eq=False)
class Card:
    """A self-contained scorecard; one is equal to itself alone.

    Attributes
    ----------
    base : int
        Points that everyone starts with.
    bins, wording : mapping
        By attribute; a derived input's source without points of its own has only a range.
    pd_points, pd_values : Ints, Floats
        Shape (m,): totals of at least ``pd_points[i]`` have PD ``pd_values[i]``; points ascend,
        PDs do not rise. Totals below the first use the first.
    provenance : mapping of str to str
        Digests and names that identify the origin of the card.
    derived : mapping of str to Derived
        By name: attributes that are ratios or differences of two others.
    tells_sides : bool
        Whether reasons name the side of the best range and pairs as pairs; see `ReasonTable`.
    """

    name: str
    base: int
    bins: Mapping[str, Bins]
    terms: tuple[Term, ...]
    wording: Mapping[str, AttributeText]
    pd_points: Ints
    pd_values: Floats
    grades: tuple[Grade, ...]
    scaling: Scaling
    provenance: Mapping[str, str]
    derived: Mapping[str, Derived] = field(default_factory=dict)
    tells_sides: bool = False

    @property
    def format(self) -> str:
        """Name of the oldest format that can hold this card."""
        if self.tells_sides:
            return SIDED_FORMAT
        return DERIVED_FORMAT if self.derived else PLAIN_FORMAT

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Scored attributes, in the order in which the terms first name them."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.attributes))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Columns that the card reads: plain scored attributes, and the sources of derived ones."""
        plain = (name for name in self.attributes if name not in self.derived)
        sources = (source for own in self.derived.values() for source in own.sources)
        return tuple(dict.fromkeys([*plain, *sources]))

    @cached_property
    def references(self) -> Ints:
        """Reference points by attribute, shape (attributes,); a pair's are split in two."""
        return self._points.references(self.terms)

    @cached_property
    def ordinary(self) -> Ints:
        """Number of ordinary bins by attribute, shape (attributes,)."""
        return np.array([self.bins[name].ordinary for name in self.attributes], dtype=np.int64)

    def codes(self, columns: Columns) -> dict[str, Ints]:
        """Return bin codes by attribute, each of shape (n,).

        Raises
        ------
        KeyError
            If `columns` lacks an input of the card.
        """
        values = {
            name: input_values(name, columns, self.bins, self.derived) for name in self.attributes
        }
        numbers = self._numbers.codes(values)
        return {
            name: numbers[name] if name in numbers else self.bins[name].codes(values[name])
            for name in self.attributes
        }

    def points_by_attribute(self, codes: Mapping[str, Ints]) -> Ints:
        """Return points by row and attribute, shape (n, attributes)."""
        return self._points.points(codes)

    def points_by_factor(self, codes: Mapping[str, Ints]) -> Ints:
        """Return points by row and factor of `reason_table`, shape (n, factors)."""
        if self.tells_sides:
            return self._points.with_pairs(codes)
        return self._points.points(codes)

    @cached_property
    def factor_references(self) -> Ints:
        """Reference points by factor of `reason_table`, shape (factors,)."""
        return self._points.factor_references(self.terms) if self.tells_sides else self.references

    @cached_property
    def reason_table(self) -> ReasonTable:
        """What a reason of this card speaks of, and its codes and sentences."""
        if self.tells_sides:
            return ReasonTable.by_factor(self.attributes, self.bins, self.terms, self.wording)
        return ReasonTable.by_attribute(self.attributes, self.bins, self.wording)

    def total(self, by_attribute: Ints) -> Ints:
        """Return total points by row, shape (n,)."""
        totals: Ints = self.base + by_attribute.sum(axis=1, dtype=np.int64)
        return totals

    def pd(self, totals: Ints) -> Floats:
        """Return the probability of default of each total, shape (n,)."""
        return np.take(self.pd_values, self._pd_row(totals))

    def grade(self, totals: Ints) -> NDArray[np.object_]:
        """Return the grade of each total, shape (n,)."""
        grades: NDArray[np.object_] = np.take(self._grade_by_pd_row, self._pd_row(totals))
        return grades

    def _pd_row(self, totals: Ints) -> Ints:
        rows = np.searchsorted(self.pd_points, totals, side="right") - 1
        clipped: Ints = np.maximum(rows, 0).astype(np.int64, copy=False)
        return clipped

    @cached_property
    def _grade_by_pd_row(self) -> NDArray[np.object_]:
        ceilings = np.array([grade.pd_at_most for grade in self.grades[:-1]])
        names = np.array([grade.grade for grade in self.grades], dtype=object)
        return np.take(names, np.searchsorted(ceilings, self.pd_values, side="left"))

    @cached_property
    def _numbers(self) -> NumberBins:
        return NumberBins.of(self.bins, self.attributes)

    @cached_property
    def _points(self) -> PointTable:
        return PointTable.of(self.attributes, self.terms)
