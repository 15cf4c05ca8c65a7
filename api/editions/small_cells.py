"""Small cells: counts of few persons are hidden from callers who may not see the persons.

A count of two borrowers in a village says who they are to anybody who knows the village. Hiding it
alone is not enough, because it follows from the sum of its row and from the place around it. So a
second cell is hidden wherever a sum would reveal the first (complementary suppression; Hundepool et
al., Statistical Disclosure Control, 2012, chapter 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: Counts by place code and column; codes of villages, townships and counties, and "" for the total.
Cells = Mapping[str, Mapping[str, int]]
_LENGTHS = (0, 6, 9, 12)


@dataclass(frozen=True)
class Layout:
    """How the columns of a table depend on one another.

    Attributes
    ----------
    counts : tuple of str
        Columns that count.
    sums : tuple of tuples of str
        Columns of which one is the sum of the others.
    amounts : mapping of str to str
        A column of amounts, and the count whose amounts it holds.
    """

    counts: tuple[str, ...]
    sums: tuple[tuple[str, ...], ...] = ()
    amounts: Mapping[str, str] = field(default_factory=dict)


FUNNEL_LAYOUT = Layout(
    counts=(
        "members", "consenting", "eligible", "first", "second", "third", "none", "applied",
        "borrowers",
    ),
    sums=(("eligible", "first", "second", "third"), ("members", "eligible", "none")),
    amounts={"disbursed_yuan": "borrowers", "disbursed_this_year_yuan": "borrowers"},
)  # fmt: skip


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
        hides = {
            column: self._hides(code, column, row[column], villages)
            for column in layout.counts
            if column in row
        }
        hides |= {a: hides.get(c, False) for a, c in layout.amounts.items() if a in row}
        return {column: None if hidden else row[column] for column, hidden in hides.items()}

    def _hides(self, code: str, column: str, count: int, villages: Collection[str] | None) -> bool:
        if villages is None:
            return (code, column) in self.hidden
        part = any((village, column) in self.hidden for village in villages)
        return part or is_small(count, self.smallest)


def is_small(count: int, smallest: int) -> bool:
    """Return whether `count` is of too few; nobody is hidden by nothing."""
    return 0 < abs(count) < smallest


def small_cells(cells: Cells, layout: Layout, smallest: int) -> SmallCells:
    """Return the cells to hide, so that no visible sum reveals a small one."""
    hidden = {
        (code, column)
        for code, row in cells.items()
        for column in layout.counts
        if is_small(row[column], smallest)
    }
    children = _children(cells)
    before = -1
    while len(hidden) > before:
        before = len(hidden)
        for code in cells:
            for group in layout.sums:
                _protect([(code, column) for column in group], cells, hidden)
        # Each sum by place is of one column; with nothing hidden in it, it reveals nothing.
        touched = {column for _, column in hidden}
        for parent, inside in children.items():
            for column in layout.counts:
                if column in touched:
                    _protect([(code, column) for code in (parent, *inside)], cells, hidden)
    return SmallCells(smallest, layout, frozenset(hidden))


def _protect(group: Sequence[tuple[str, str]], cells: Cells, hidden: set[tuple[str, str]]) -> None:
    """Hide the smallest other cell of a sum in which exactly one is hidden."""
    if sum(cell in hidden for cell in group) != 1:
        return
    others = [cell for cell in group if cell not in hidden and cells[cell[0]][cell[1]]]
    if others:
        hidden.add(min(others, key=lambda cell: (abs(cells[cell[0]][cell[1]]), cell)))


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
