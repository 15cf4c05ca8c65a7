"""Sheets of branch files, built from clean rows with dirty rows on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.branch_files.dirt import Spoiled, spoil_rows
from data.simulator.branch_files.style import Style, odd_rows, style_of
from data.simulator.branch_files.text_columns import TextColumn, mistype, text_columns
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from model.archive.tables import RECORDED_AT, Table, archive_tables


@dataclass(frozen=True)
class DirtyRow:
    """One line of the manifest: a dirty row and the reason that an import must give."""

    file: str
    sheet: str
    row: int
    table: str
    key: str
    recorded_at: str
    column: str
    kind: str
    reason: str
    replaced: bool


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, or a csv file: titles, header, text cells and dirty rows."""

    name: str
    titles: Sequence[str]
    columns: Sequence[TextColumn]
    total: bool
    dirty: Sequence[DirtyRow]

    @property
    def rows(self) -> int:
        """Return the number of rows below the header, without the total."""
        return len(self.columns[0].cells)


@dataclass(frozen=True)
class SheetBuilder:
    """Builds sheets from clean rows; the same scenario and seed give the same bytes."""

    scenario: Scenario
    luck: Luck

    def sheet(self, file: str, table: str, rows: pa.Table, heading: str) -> Sheet:
        """Return the rows of one table as `file` shows them, with dirty rows."""
        style, spec = style_of(self.luck, file), archive_tables()[table]
        spoiled = spoil_rows(self.scenario, self.luck, file, table, rows.num_rows)
        shown = rows.take(pa.array(spoiled.source))
        titles = [heading, "制表日期：2023年10月1日"][: style.titles]
        dirty = [*_manifest_rows(file, spec, shown, spoiled, len(titles) + 2)]
        columns = text_columns(spec, shown, style)
        columns = self._mistype(file, spec, style, spoiled, columns)
        return Sheet(spec.zh, titles, _apply_stains(spoiled, columns), style.total, dirty)

    def _mistype(
        self, file: str, table: Table, style: Style, spoiled: Spoiled, columns: list[TextColumn]
    ) -> list[TextColumn]:
        rows = odd_rows(self.luck, f"{file} {table.name}", style, len(spoiled.source))
        return [
            replace(shown, cells=mistype(shown.cells, rows, table.columns[shown.name]))
            for shown in columns
        ]


def _apply_stains(spoiled: Spoiled, columns: Sequence[TextColumn]) -> list[TextColumn]:
    """Overwrite the cells that have a stain."""
    cells = {column.name: column.cells for column in columns}
    for name in {stain.column for stain in spoiled.stains}:
        chosen = [i for i, stain in enumerate(spoiled.stains) if stain.column == name]
        mask = np.zeros(len(spoiled.source), dtype=bool)
        mask[spoiled.at[chosen]] = True
        texts = pa.array([spoiled.stains[i].text for i in chosen], pa.string())
        cells[name] = pc.replace_with_mask(cells[name], pa.array(mask), texts)
    return [replace(column, cells=cells[column.name]) for column in columns]


def _manifest_rows(
    file: str, table: Table, shown: pa.Table, spoiled: Spoiled, first: int
) -> Iterator[DirtyRow]:
    """Yield a manifest line for each dirty row; `first` is the number of the first row of data."""
    originals = shown.select([*table.key, RECORDED_AT]).take(pa.array(spoiled.at)).to_pylist()
    dirty = zip(spoiled.at.tolist(), originals, spoiled.stains, spoiled.replaced, strict=True)
    for at, original, stain, replaced in dirty:
        yield DirtyRow(
            file=file,
            sheet=table.zh,
            row=first + at,
            table=table.name,
            key=_key(table, original),
            recorded_at=str(original[RECORDED_AT]),
            column=stain.column,
            kind=stain.kind,
            reason=stain.reason,
            replaced=replaced,
        )


def _key(table: Table, row: Mapping[str, object]) -> str:
    return ";".join(f"{name}={row[name]}" for name in table.key)
