"""How well a row of cells fits the header of one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from data.importing.refusals import Refusal
from data.importing.spellings import spelled, unknown_unit
from data.importing.text import visible
from model.tables import Table

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
