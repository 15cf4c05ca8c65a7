"""Which table a sheet holds, and where its header stands below titles and notes.

How well a row of cells fits the header of one table.
"""

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
from data.importing.cells.text import plain, visible
from data.importing.headings.spellings import factor_of, header_word, spelled, unknown_unit
from data.importing.refusals import Refusal
from model.archive.tables import Column, Table, archive_tables

#: A row that holds this share of a table's columns is meant to be its header.
_MEANT_SHARE = 0.5


class Found(NamedTuple):
    """A column of the table, where it stands, and the factor of the unit its header names."""

    column: str
    position: int
    factor: Decimal | None


@dataclass(frozen=True)
class HeaderMatch:
    """A row read as the header of `table`, good or bad."""

    table: Table
    cells: tuple[str, ...]
    found: tuple[Found, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that name no column of the table."""
        taken = {found.position for found in self.found}
        return tuple(
            visible(text)
            for position, text in enumerate(self.cells)
            if position not in taken and visible(text)
        )

    def is_whole(self) -> bool:
        """Return whether every column stands here, and none twice."""
        return not self._missing() and not self._repeated()

    def rank(self) -> tuple[bool, float, int]:
        """Return what the best match has most of: wholeness, share of columns, columns."""
        named = {found.column for found in self.found}
        return self.is_whole(), len(named) / len(self.table.columns), len(named)

    def refusal(self) -> Refusal:
        """Return why this row cannot be the header."""
        if self.rank()[1] < _MEANT_SHARE:
            return Refusal("TABLE_NOT_RECOGNISED")
        if repeated := self._repeated():
            return Refusal("COLUMNS_REPEATED", self._told(repeated))
        if units := [text for text in self.unknown if unknown_unit(self.table.name, text)]:
            return Refusal("HEADER_UNIT_UNKNOWN", self._told(units))
        others = f" ({'、'.join(self.unknown)}?)" if self.unknown else ""
        return Refusal("COLUMNS_MISSING", self._told(self._missing()) + others)

    def _missing(self) -> list[str]:
        named = {found.column for found in self.found}
        columns = self.table.columns.values()
        return [c.zh for c in columns if not c.absent and c.name not in named]

    def _repeated(self) -> list[str]:
        times = Counter(found.column for found in self.found)
        return [self.cells[f.position] for f in self.found if times[f.column] > 1]

    def _told(self, headers: Sequence[str]) -> str:
        return f"{self.table.zh}（{self.table.name}）: {'、'.join(headers)}"


def match_header(table: Table, cells: Sequence[str]) -> HeaderMatch:
    """Read `cells` as the header of `table`."""
    filled = [position for position, text in enumerate(cells) if visible(text)]
    kept = tuple(cells[: filled[-1] + 1]) if filled else ()
    found = tuple(
        Found(meaning.column, position, meaning.factor)
        for position in filled
        if (meaning := spelled(table.name, cells[position]))
    )
    return HeaderMatch(table, kept, found)


Cells = Sequence[str]

#: 单位：万元 above the header holds for every column whose header names no unit.
_UNIT_LINE = re.compile(r"单位:(?P<units>[^)]+)")
#: Columns that the quarantine adds; a mended file may keep them.
QUARANTINE_HEADERS = ("文件", "行号", "列", "原因代码", "原因", "Reason", "多余单元格")
_KNOWN_OTHERS = frozenset(map(header_word, QUARANTINE_HEADERS))


@dataclass(frozen=True)
class MatchedColumn:
    """Where a column stands in a sheet, under which header, and how its cells are read."""

    position: int
    header: str
    field: Field


@dataclass(frozen=True)
class Heading:
    """A recognised header.

    Attributes
    ----------
    row : int
        Index of the header among the sheet's first rows, from 0.
    cells : tuple of str
        The header row up to its last filled cell.
    unknown : tuple of str
        Headers that name no column of the table; their cells are not taken.
    """

    table: Table
    places: Mapping[str, MatchedColumn]
    row: int
    cells: tuple[str, ...]
    unknown: tuple[str, ...]


def find_heading(rows: Sequence[Cells], day_zero: date = DAY_ZERO_1900) -> Heading | Refusal:
    """Return the header among the first `rows` of a sheet, or why it cannot be taken.

    The first row that holds every column of a table wins; a header in two rows (groups above,
    merged cells) counts as one.
    """
    nearest: HeaderMatch | None = None
    for row, cells in _candidates(rows):
        matches = [match_header(table, cells) for table in archive_tables().values()]
        best = max(matches, key=HeaderMatch.rank)
        if best.is_whole() and (rival := _rival(best, matches)):
            return Refusal("TABLE_AMBIGUOUS", f"{best.table.zh}, {rival.table.zh}")
        if best.is_whole():
            return _heading(best, row, _units_above(rows[:row]), day_zero)
        nearest = best if nearest is None else max(nearest, best, key=HeaderMatch.rank)
    return nearest.refusal() if nearest else Refusal("TABLE_NOT_RECOGNISED")


def _candidates(rows: Sequence[Cells]) -> Iterator[tuple[int, Cells]]:
    for row, cells in enumerate(rows):
        yield row, cells
        if row:
            yield row, _over(rows[row - 1], cells)


def _over(upper: Cells, lower: Cells) -> Cells:
    """Return one header from two rows: the lower cell, or the upper where the lower is blank."""
    width = max(len(upper), len(lower))
    pad = [[*cells, *[""] * (width - len(cells))] for cells in (upper, lower)]
    return [below if plain(below) else above for above, below in zip(*pad, strict=True)]


def _rival(best: HeaderMatch, matches: Sequence[HeaderMatch]) -> HeaderMatch | None:
    equals = (match for match in matches if match is not best and match.rank() == best.rank())
    return next(equals, None)


def _units_above(rows: Sequence[Cells]) -> frozenset[str]:
    texts = (header_word(cell) for cells in rows for cell in cells)
    lines = (found["units"] for text in texts if (found := _UNIT_LINE.search(text)))
    return frozenset(normal_unit(unit) for line in lines for unit in re.split(r"[、,;，；]", line))


def _heading(match: HeaderMatch, row: int, units: frozenset[str], day_zero: date) -> Heading:
    columns = match.table.columns
    places = {
        name: MatchedColumn(
            position,
            match.cells[position],
            Field(columns[name], _factor(columns[name], factor, units), day_zero),
        )
        for name, position, factor in match.found
    }
    unknown = tuple(text for text in match.unknown if header_word(text) not in _KNOWN_OTHERS)
    return Heading(match.table, places, row, match.cells, unknown)


def _factor(column: Column, factor: Decimal | None, units: frozenset[str]) -> Decimal:
    return factor or factor_of(column, units) or Decimal(1)
