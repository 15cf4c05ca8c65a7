"""Recognition of a sheet's table by its header, which may follow titles and notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from data.importing.cells.cell import DAY_ZERO_1900, Field
from data.importing.cells.numbers import normal_unit
from data.importing.headings.spellings import (
    has_unknown_unit,
    match_spelling,
    normal_header,
    unit_factor,
)
from data.importing.refusals import Refusal
from data.storage.cell_text import plain, visible
from model.archive.tables import Table, archive_tables

Cells = Sequence[str]
#: 单位：万元 above the header applies to every column whose header names no unit.
_UNIT_LINE = re.compile(r"单位:(?P<units>[^)]+)")
#: Columns that a quarantine file adds; a corrected file may still have them.
QUARANTINE_HEADERS = ("文件", "行号", "列", "原因代码", "原因", "Reason", "多余单元格")
_IGNORED_HEADERS = frozenset(map(normal_header, QUARANTINE_HEADERS))


@dataclass(frozen=True)
class MatchedColumn:
    """The position and header of a column in a sheet, and how its cells are parsed."""

    position: int
    header: str
    field: Field


@dataclass(frozen=True)
class Heading:
    """A recognised header.

    Attributes
    ----------
    matched : mapping of str to MatchedColumn
        The recognised columns by name.
    row : int
        Index of the header among the sheet's first rows, from 0.
    cells : tuple of str
        The header row up to its last filled cell.
    unknown : tuple of str
        Headers that name no column of the table; their cells are not imported.
    lines : tuple of tuple of str
        The header as it may be printed again, in the form used for comparison: the whole, and each
        of its two rows.
    titles : frozenset of str
        The texts above the header, in the form used for comparison.
    """

    table: Table
    matched: Mapping[str, MatchedColumn]
    row: int
    cells: tuple[str, ...]
    unknown: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = ()
    titles: frozenset[str] = frozenset()


def find_heading(rows: Sequence[Cells], day_zero: date = DAY_ZERO_1900) -> Heading | Refusal:
    """Return the header among the first `rows` of a sheet, or why there is none.

    The first row that names every required column of a table is its header. Two rows (groups
    above, merged cells) also count as one header.
    """
    nearest: HeaderMatch | None = None
    for row, cells in _candidates(rows):
        matches = [_match_header(table, cells) for table in archive_tables().values()]
        best = max(matches, key=HeaderMatch.rank)
        if best.is_complete() and (rival := _rival(best, matches)):
            return Refusal("TABLE_AMBIGUOUS", f"{best.table.zh}, {rival.table.zh}")
        if best.is_complete():
            return _heading(best, rows[: row + 1], day_zero)
        nearest = best if nearest is None else max(nearest, best, key=HeaderMatch.rank)
    return nearest.refusal() if nearest else Refusal("TABLE_NOT_RECOGNISED")


def _candidates(rows: Sequence[Cells]) -> Iterator[tuple[int, Cells]]:
    for row, cells in enumerate(rows):
        yield row, cells
        if row:
            yield row, _combine_rows(rows[row - 1], cells)


def _combine_rows(upper: Cells, lower: Cells) -> Cells:
    """Return one header from two rows: the lower cell, or the upper cell if the lower is blank."""
    width = max(len(upper), len(lower))
    padded = [[*cells, *[""] * (width - len(cells))] for cells in (upper, lower)]
    return [below if plain(below) else above for above, below in zip(*padded, strict=True)]


def _rival(best: HeaderMatch, matches: Sequence[HeaderMatch]) -> HeaderMatch | None:
    equals = (match for match in matches if match is not best and match.rank() == best.rank())
    return next(equals, None)


def _units_above(rows: Sequence[Cells]) -> frozenset[str]:
    texts = (normal_header(cell) for cells in rows for cell in cells)
    lines = (match["units"] for text in texts if (match := _UNIT_LINE.search(text)))
    return frozenset(normal_unit(unit) for line in lines for unit in re.split(r"[、,;，；]", line))


def _heading(match: HeaderMatch, rows: Sequence[Cells], day_zero: date) -> Heading:
    """Return the heading that `match` found in the last, or the last two, of `rows`."""
    units = _units_above(rows[:-1])
    matched = {
        name: MatchedColumn(
            position,
            match.cells[position],
            Field(column, factor or unit_factor(column, units) or Decimal(1), day_zero),
        )
        for name, position, factor in match.named
        for column in [match.table.columns[name]]
    }
    unknown = tuple(text for text in match.unknown if normal_header(text) not in _IGNORED_HEADERS)
    height = 1 if _normal_line(match.cells) == _normal_line(rows[-1]) else 2
    lines = [match.cells, *rows[-height:]]
    titles = {text for cells in rows[:-height] for text in _normal_line(cells) if text}
    return Heading(
        match.table, matched, len(rows) - 1, match.cells, unknown,
        tuple(map(_normal_line, lines)), frozenset(titles),
    )  # fmt: skip


def _normal_line(cells: Cells) -> tuple[str, ...]:
    texts = [normal_header(cell) for cell in cells]
    return tuple(texts[: max((at for at, text in enumerate(texts) if text), default=-1) + 1])


#: A row with at least this share of a table's columns counts as an attempt at its header.
_ATTEMPT_SHARE = 0.5


class NamedColumn(NamedTuple):
    """A column that a header names, its position, and the factor of the unit in the header."""

    column: str
    position: int
    factor: Decimal | None


@dataclass(frozen=True)
class HeaderMatch:
    """A row of cells compared with the header of `table`."""

    table: Table
    cells: tuple[str, ...]
    named: tuple[NamedColumn, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that name no column of the table."""
        positions = {column.position for column in self.named}
        return tuple(
            visible(text)
            for position, text in enumerate(self.cells)
            if position not in positions and visible(text)
        )

    def is_complete(self) -> bool:
        """Return whether the row names every required column, and none twice."""
        return not self._missing() and not self._repeated()

    def rank(self) -> tuple[bool, float, int]:
        """Return the sort key of a match: completeness, share and number of the columns named.

        The share is that of the columns that a file must have, because most files lack the others.
        """
        names = {column.column for column in self.named}
        needed = {name for name, column in self.table.columns.items() if not column.absent}
        return self.is_complete(), len(names & needed) / len(needed), len(names)

    def refusal(self) -> Refusal:
        """Return why this row is not accepted as the header."""
        if self.rank()[1] < _ATTEMPT_SHARE:
            return Refusal("TABLE_NOT_RECOGNISED")
        if repeated := self._repeated():
            return Refusal("COLUMNS_REPEATED", self._describe(repeated))
        if units := [text for text in self.unknown if has_unknown_unit(self.table.name, text)]:
            return Refusal("HEADER_UNIT_UNKNOWN", self._describe(units))
        others = f" ({'、'.join(self.unknown)}?)" if self.unknown else ""
        return Refusal("COLUMNS_MISSING", self._describe(self._missing()) + others)

    def _missing(self) -> list[str]:
        names = {column.column for column in self.named}
        columns = self.table.columns.values()
        return [c.zh for c in columns if not c.absent and c.name not in names]

    def _repeated(self) -> list[str]:
        times = Counter(column.column for column in self.named)
        return [self.cells[c.position] for c in self.named if times[c.column] > 1]

    def _describe(self, headers: Sequence[str]) -> str:
        return f"{self.table.zh}（{self.table.name}）: {'、'.join(headers)}"


def _match_header(table: Table, cells: Sequence[str]) -> HeaderMatch:
    """Compare `cells` with the header of `table`."""
    filled = [position for position, text in enumerate(cells) if visible(text)]
    named = tuple(
        NamedColumn(match.column, position, match.factor)
        for position in filled
        if (match := match_spelling(table.name, cells[position]))
    )
    return HeaderMatch(table, tuple(cells[: filled[-1] + 1]) if filled else (), named)
