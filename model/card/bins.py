"""Bins of an attribute's values, and the terms that give points by bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.card.derived import Derived

Columns = Mapping[str, NDArray[np.float64] | NDArray[np.object_]]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """The bins of one attribute's values.

    Numbers use `edges` (ascending): bin ``i`` holds ``edges[i-1] <= value < edges[i]``. Text uses
    `levels`: one group of spellings per bin. Two bins follow the ordinary ones: missing, then out
    of range (a number outside `minimum` … `maximum`, an infinity, or an unknown spelling).
    """

    attribute: str
    edges: tuple[float, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def ordinary(self) -> int:
        """Number of bins that are neither missing nor out of range."""
        return len(self.levels) if self.levels else len(self.edges) + 1

    @property
    def missing(self) -> int:
        """Code of the missing bin."""
        return self.ordinary

    @property
    def out_of_range(self) -> int:
        """Code of the out-of-range bin."""
        return self.ordinary + 1

    @property
    def size(self) -> int:
        """Number of codes: ordinary bins, missing, out of range."""
        return self.ordinary + 2

    def codes(self, values: NDArray[np.float64] | NDArray[np.object_]) -> Ints:
        """Return the bin code of each value, shape (n,)."""
        return self._text_codes(values) if self.levels else self._number_codes(values)

    def in_range(self, values: NDArray[np.float64] | NDArray[np.object_]) -> Floats:
        """Return the numbers, shape (n,), with infinity for those out of range."""
        numbers = np.asarray(values, dtype=np.float64)
        return np.where((numbers < self.lowest) | (numbers > self.highest), np.inf, numbers)

    def _number_codes(self, values: NDArray[np.float64] | NDArray[np.object_]) -> Ints:
        numbers = np.asarray(values, dtype=np.float64)
        codes = np.searchsorted(self._edges, numbers, side="right")
        missing = np.isnan(numbers)
        # NaN fails both comparisons and counts as out of range here, so mark missing values last.
        codes[~((numbers >= self.lowest) & (numbers <= self.highest))] = self.out_of_range
        codes[missing] = self.missing
        return codes.astype(np.int64, copy=False)

    def _text_codes(self, values: NDArray[np.float64] | NDArray[np.object_]) -> Ints:
        codes, unknown = self._code_by_text, self.out_of_range
        return np.array([codes.get(value, unknown) for value in values.tolist()], dtype=np.int64)

    @cached_property
    def _edges(self) -> Floats:
        return np.asarray(self.edges, dtype=np.float64)

    @cached_property
    def lowest(self) -> float:
        """Smallest plausible number."""
        return float(np.finfo(np.float64).min) if self.minimum is None else self.minimum

    @cached_property
    def highest(self) -> float:
        """Largest plausible number."""
        return float(np.finfo(np.float64).max) if self.maximum is None else self.maximum

    @cached_property
    def _code_by_text(self) -> dict[str | None, int]:
        codes: dict[str | None, int] = {None: self.missing}
        return codes | {text: code for code, group in enumerate(self.levels) for text in group}


@dataclass(frozen=True)
class Term:
    """Points for one attribute, or for a pair of attributes.

    Attributes
    ----------
    points : Ints
        Shape (size,) or (size of the first, size of the second), indexed by bin codes.
    reference : int
        Mean points of the training population, rounded; reasons are measured against it.
    """

    attributes: tuple[str, ...]
    points: Ints
    reference: int


def input_values(
    name: str, columns: Columns, bins: Mapping[str, Bins], derived: Mapping[str, Derived]
) -> NDArray[np.float64] | NDArray[np.object_]:
    """Return the values of `name`, shape (n,): its column, or the values derived from its sources.

    Raises
    ------
    KeyError
        If `columns` lacks the attribute, or a source of it.
    """
    own = derived.get(name)
    if own is None:
        return columns[name]
    return own.values(*(bins[source].in_range(columns[source]) for source in own.sources))
