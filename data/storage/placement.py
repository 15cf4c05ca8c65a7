"""Where a card places the values of a flat table: how many each column has that say nothing.

A value is missing, unreadable (text that is no number), out of range (a number outside the range
of the card's dictionary), or unseen (a spelling that training did not see, or saw too rarely).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from data.storage.flat_table import unreadable
from model.card.bins import Columns, Ints
from model.card.scorecard import Card
from model.errors import UnreadableFileError

#: A column with a larger share of unreadable values was written in another form than the card's.
MAX_UNREADABLE = 0.05
#: A column in which the card cannot place most values is another column, or has another unit.
MAX_UNPLACED = 0.5


@dataclass(frozen=True)
class Placement:
    """Counts of one column: rows, and the values among them that the card cannot place."""

    column: str
    rows: int = 0
    missing: int = 0
    unreadable: int = 0
    out_of_range: int = 0
    unseen: int = 0

    @property
    def unplaced(self) -> int:
        """Values that score as out of range."""
        return self.unreadable + self.out_of_range + self.unseen

    def __add__(self, other: Placement) -> Placement:
        """Return the counts of both parts of a table."""
        return Placement(
            self.column,
            self.rows + other.rows,
            self.missing + other.missing,
            self.unreadable + other.unreadable,
            self.out_of_range + other.out_of_range,
            self.unseen + other.unseen,
        )

    def as_json(self) -> dict[str, int]:
        """Return every count by name, zeros included."""
        return {name: count for name, count in asdict(self).items() if name != "column"}

    def counts(self) -> str:
        """Return the counts that are not zero, in words; an empty text if all are."""
        named = {
            "缺失 missing": self.missing,
            "无法读取 unreadable": self.unreadable,
            "超出范围 out of range": self.out_of_range,
            "训练中未见 unseen in training": self.unseen,
        }
        return ", ".join(
            f"{name} {number:,} ({number / self.rows:.1%})"
            for name, number in named.items()
            if number
        )


def placements(table: pa.Table, columns: Columns, card: Card) -> list[Placement]:
    """Return the placement of each input column of `card` in `table`."""
    return [
        _placement(table[name], name, card, card.bins[name].codes(columns[name]))
        for name in card.inputs
    ]


def _placement(column: pa.ChunkedArray, name: str, card: Card, codes: Ints) -> Placement:
    bins = card.bins[name]
    missing = int(np.count_nonzero(codes == bins.missing))
    unplaced = int(np.count_nonzero(codes == bins.out_of_range))
    if bins.levels:
        return Placement(name, len(column), missing, unseen=unplaced)
    words = int(unreadable(column).sum())
    return Placement(name, len(column), missing, words, out_of_range=unplaced - words)


def added(one: Iterable[Placement], other: Iterable[Placement]) -> list[Placement]:
    """Return the sum of two parts' placements, column by column."""
    return [a + b for a, b in zip(one, other, strict=True)]


def beyond_limits(found: Iterable[Placement], allowed: float | None = None) -> list[Placement]:
    """Return the columns of which the card cannot place too many values.

    Parameters
    ----------
    allowed : float or None
        Largest share of a column's rows; None: `MAX_UNREADABLE` for unreadable values, and
        `MAX_UNPLACED` for all that score as out of range.
    """
    most_words = MAX_UNREADABLE if allowed is None else allowed
    most_unplaced = MAX_UNPLACED if allowed is None else allowed
    return [
        each
        for each in found
        if each.unreadable > most_words * each.rows or each.unplaced > most_unplaced * each.rows
    ]


def refuse_unplaced(source: object, found: Iterable[Placement], allowed: float | None) -> None:
    """Refuse a table of which the card cannot place too many values; see `beyond_limits`.

    Raises
    ------
    UnreadableFileError
        The message names every such column with its counts.
    """
    if beyond := beyond_limits(found, allowed):
        named = "; ".join(f"{each.column}: {each.counts()}" for each in beyond)
        raise UnreadableFileError(
            f"{source}: the card would score these values as out of range: {named}; write the"
            " columns as in the training table, or allow the share with --allow-unreadable SHARE"
        )
