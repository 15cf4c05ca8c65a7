"""What the merged cells of a sheet stand for in the rows that they span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from data.importing.files.sheets import Chunk, MergedRange
from data.importing.headings.heading import Heading
from data.importing.limits import MAX_MERGED_CELLS
from data.importing.refusals import RefusedFileError
from model.archive.tables import Kind

_MEASURES: frozenset[Kind] = frozenset({"integer", "number", "money"})


class MergedCells:
    """Fills the rows of a sheet, chunk by chunk, from the merged ranges below its header.

    A merged text applies to every row it spans; a merged figure cannot be divided among rows.

    Raises
    ------
    RefusedFileError
        If the ranges cover more cells than any real sheet.
    """

    def __init__(self, ranges: Sequence[MergedRange], heading: Heading) -> None:
        columns = {each.position: each.field.column for each in heading.matched.values()}
        self._ranges = [
            (each, columns[each.first_column])
            for each in ranges
            if each.last_row > each.first_row and each.first_column in columns
        ]
        self._tops: dict[MergedRange, str] = {}
        if sum(each.last_row - each.first_row + 1 for each, _ in self._ranges) > MAX_MERGED_CELLS:
            raise RefusedFileError("FILE_BOMB", f"mergeCells > {MAX_MERGED_CELLS:,}")

    def fill(self, chunk: Chunk) -> dict[str, set[int]]:
        """Copy the text of each range into its rows of `chunk`; return the rows of merged figures.

        Returns
        -------
        dict of str to set of int
            Column name → numbers of the rows whose figure is merged with those of other rows.
        """
        figures: dict[str, set[int]] = defaultdict(set)
        if not self._ranges:
            return figures
        rows = dict(zip(chunk.numbers, chunk.rows, strict=True))
        for merged, column in self._ranges:
            numbers = [n for n in range(merged.first_row, merged.last_row + 1) if n in rows]
            if column.kind in _MEASURES:
                figures[column.name].update(numbers)
            else:
                self._copy(merged, [rows[number] for number in numbers], merged.first_row in rows)
        return figures

    def _copy(self, merged: MergedRange, rows: list[list[str]], has_top: bool) -> None:
        position = merged.first_column
        if has_top and position < len(rows[0]):
            self._tops[merged] = rows[0][position]
        for cells in rows:
            cells.extend([""] * (position + 1 - len(cells)))
            cells[position] = self._tops.get(merged, "")
