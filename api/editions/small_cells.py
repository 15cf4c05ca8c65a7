"""Small cells: counts and amounts of few persons are hidden from who may not see the persons.

A count of two borrowers in a village says who they are to anybody who knows the village, and so
does the money of one borrower in five payments. Hiding it alone is not enough, because it follows
from the sum of its row and from the place around it, or lies between narrow bounds. So more cells
are hidden until no sum bounds a hidden one within less than the threshold (complementary
suppression with interval protection; Hundepool et al., Statistical Disclosure Control, 2012,
chapter 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from api.editions.intervals import Flags, Intervals, Sum

#: Place code and column.
Cell = tuple[str, str]
#: Numbers by place code and column; codes of villages, townships and counties, "" for the total.
Cells = Mapping[str, Mapping[str, int]]
#: The persons behind each column of a village: whose own part of it is not nothing.
People = Mapping[str, Mapping[str, Collection[str]]]
_LENGTHS = (0, 6, 9, 12)


@dataclass(frozen=True)
class Layout:
    """How the columns of a table depend on one another.

    Attributes
    ----------
    counts : tuple of str
        Columns that count.
    sums : tuple of tuples of str
        A column that is the sum of others: first the whole, then its parts.
    at_most : tuple of (str, str)
        A column that is never more than another one.
    amounts : mapping of str to str
        A column of amounts, and the count with which it is hidden.
    apart : tuple of tuples of str
        Counts whose amounts follow from one another, so that none is hidden alone.
    told : frozenset of str
        Columns that are told elsewhere, so that hiding more of them would hide nothing.
    """

    counts: tuple[str, ...]
    sums: tuple[tuple[str, ...], ...] = ()
    at_most: tuple[tuple[str, str], ...] = ()
    amounts: Mapping[str, str] = field(default_factory=dict)
    apart: tuple[tuple[str, ...], ...] = ()
    told: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SmallCells:
    """The cells of a table that are hidden: pairs of place code and column."""

    smallest: int
    layout: Layout
    hidden: frozenset[tuple[str, str]]

    def shown(
        self, code: str, row: Mapping[str, int], villages: Collection[str] | None = None
    ) -> dict[str, int | None]:
        """Return the columns of `row` with None for what is hidden.

        Parameters
        ----------
        villages
            The villages that the row adds up, if it covers only a part of the place `code`.
        """
        layout = self.layout
        places = (code,) if villages is None else villages
        hides = {
            column: any((place, column) in self.hidden for place in places)
            for column in layout.counts
        }
        hides |= {amount: hides[count] for amount, count in layout.amounts.items()}
        return {column: None if hides[column] else row[column] for column in hides if column in row}


def is_small(persons: int, smallest: int) -> bool:
    """Return whether there are too few `persons`; nobody is hidden by nothing."""
    return 0 < abs(persons) < smallest


def small_cells(
    cells: Cells,
    layout: Layout,
    smallest: int,
    persons: Cells | None = None,
    told: Collection[str] = (),
) -> SmallCells:
    """Return the cells to hide, so that what is shown bounds none of them too narrowly.

    Afterwards bound propagation gives every hidden count an interval at least `smallest` wide.

    Parameters
    ----------
    persons
        The persons behind each count; without it a count is of persons.
    told
        Places whose row is told elsewhere, so that hiding more of it would hide nothing.
    """
    table = _Table(cells, layout, told)
    behind = cells if persons is None else persons
    hidden = np.array([is_small(behind[code][name], smallest) for code, name in table.names])
    more = hidden.copy()
    while more.any():
        more = table.revealing(hidden, smallest)
        hidden |= more
    return SmallCells(smallest, layout, frozenset(table.names[n] for n in np.flatnonzero(hidden)))


class _Table:
    """The counts of a table by position, and the sums that tie them."""

    def __init__(self, cells: Cells, layout: Layout, told: Collection[str]) -> None:
        self.names = [(code, name) for code in cells for name in layout.counts]
        self._values = np.array([cells[code][name] for code, name in self.names], dtype=np.int64)
        self._can_hide = [
            bool(value) and code not in told and name not in layout.told
            for value, (code, name) in zip(self._values, self.names, strict=True)
        ]
        at = {name: n for n, name in enumerate(self.names)}
        self._sums = list(_sums(at, cells, layout))
        self._apart = [
            [at[code, name] for name in group] for code in cells for group in layout.apart
        ]
        self._intervals = Intervals(self._values, self._sums)
        self._of: Mapping[int, list[Sum]] = defaultdict(list)
        for each in self._sums:
            for cell in (each.whole, *each.parts):
                self._of[cell].append(each)

    def revealing(self, hidden: Flags, smallest: int) -> Flags:
        """Return the cells to hide next, where what is shown says too much of a hidden one."""
        low, high = self._intervals.of(hidden)
        found = np.zeros(len(hidden), dtype=np.bool_)
        for cell in np.flatnonzero(hidden & (high - low < smallest)):
            binding = [of for of in self._of[int(cell)] if of.bounds(int(cell), low, high)]
            found[self._nearest(int(cell), binding, hidden)] = True
        for group in self._apart:
            if sum(hidden[cell] for cell in group) == 1:
                found[self._smallest(group, hidden)] = True
        return found

    def _smallest(self, cells: Iterable[int], hidden: Flags) -> list[int]:
        """Return the smallest cell that is shown and not nothing; empty if there is none."""
        shown = [cell for cell in cells if not hidden[cell] and self._can_hide[cell]]
        return [min(shown, key=lambda cell: (abs(self._values[cell]), cell))] if shown else []

    def _nearest(self, narrow: int, binding: Sequence[Sum], hidden: Flags) -> list[int]:
        """Return the smallest cell still shown in the `binding` sums of `narrow`, or around them.

        Empty if everything around it is hidden, or nothing.
        """
        sums, seen = binding, {narrow}
        while sums:
            around = {cell for each in sums for cell in (each.whole, *each.parts)}
            if smallest := self._smallest(around, hidden):
                return smallest
            fresh = [cell for cell in around if hidden[cell] and cell not in seen]
            seen.update(fresh)
            sums = [of for cell in fresh for of in self._of[cell]]
        return []


def _sums(at: Mapping[Cell, int], cells: Cells, layout: Layout) -> Iterator[Sum]:
    """Yield every sum of the table, along its rows and by place."""
    for code in cells:
        for whole, *parts in layout.sums:
            yield Sum(at[code, whole], tuple(at[code, part] for part in parts))
        for less, more in layout.at_most:
            yield Sum(at[code, more], (at[code, less],), is_more=True)
    for parent, inside in _children(cells).items():
        for name in layout.counts:
            yield Sum(at[parent, name], tuple(at[code, name] for code in inside))


def _children(cells: Cells) -> dict[str, list[str]]:
    """Return the places directly inside each place."""
    inside: dict[str, list[str]] = defaultdict(list)
    for code in cells:
        if code:
            shorter = _LENGTHS[_LENGTHS.index(len(code)) - 1]
            inside[code[:shorter]].append(code)
    return {parent: codes for parent, codes in inside.items() if parent in cells}


def sums_of_villages(
    villages: Iterable[tuple[str, Mapping[str, int]]], columns: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return the rows of villages, townships, counties and the total, from those of `villages`."""
    cells: dict[str, dict[str, int]] = {}
    for village, row in villages:
        for length in _LENGTHS:
            place = cells.setdefault(village[:length], dict.fromkeys(columns, 0))
            for column in columns:
                place[column] += row[column]
    return cells


def persons_of_villages(
    people: People, columns: Sequence[str], smallest: int
) -> dict[str, dict[str, int]]:
    """Return how many distinct persons stand behind each cell; from `smallest` on just so many."""
    found: dict[str, dict[str, set[str]]] = {}
    for village, row in people.items():
        for length in _LENGTHS:
            place = found.setdefault(village[:length], {column: set() for column in columns})
            for column, persons in row.items():
                if len(place[column]) < smallest:
                    place[column].update(persons)
    return {
        code: {column: len(persons) for column, persons in row.items()}
        for code, row in found.items()
    }
