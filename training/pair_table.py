"""A pair's points as a coloured grid: the table an analyst reads instead of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.dictionary import Text
from model.scorecard import Card, Term
from training.bin_table import bin_labels
from training.sample import Sample

#: Red, green, blue of the most points and of the fewest: told apart without colour vision too.
_MOST, _FEWEST = np.array([127, 178, 218]), np.array([236, 167, 125])
_WHITE = np.array([255, 255, 255])


@dataclass(frozen=True)
class PairCell:
    """Points of one cell, its rows in development, and its colour."""

    points: int
    rows: int
    colour: str


@dataclass(frozen=True)
class PairRow:
    """One bin of the first attribute."""

    label: Text
    cells: list[PairCell]


@dataclass(frozen=True)
class PairGrid:
    """A pair term with the labels of both attributes and of their bins."""

    term: Term
    down: Text
    across: Text
    columns: list[Text]
    rows: list[PairRow]


def pair_grid(card: Card, term: Term, development: Sample) -> PairGrid:
    """Return the grid of a pair `term`, the first attribute down, the second across."""
    first, second = term.attributes
    codes = [card.bins[name].codes(development.columns[name]) for name in term.attributes]
    rows = np.zeros(term.points.shape, dtype=np.int64)
    np.add.at(rows, tuple(codes), 1)
    widest = max(int(np.abs(term.points - term.reference).max()), 1)
    return PairGrid(
        term,
        card.wording[first].label,
        card.wording[second].label,
        bin_labels(card.bins[second]),
        [
            PairRow(
                label,
                [
                    PairCell(int(p), int(n), _colour((int(p) - term.reference) / widest))
                    for p, n in zip(points, counts, strict=True)
                ],
            )
            for label, points, counts in zip(
                bin_labels(card.bins[first]), term.points, rows, strict=True
            )
        ],
    )


def _colour(gain: float) -> str:
    """Return the colour of a gain from -1 to 1 against the mean points."""
    end = _MOST if gain > 0 else _FEWEST
    red, green, blue = (_WHITE + abs(gain) * (end - _WHITE)).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
