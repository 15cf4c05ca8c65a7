"""Staged rows become archive parts, and those that may not are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.importing.settling.reading import Progress
from data.importing.settling.settling import Verdicts, settle
from data.importing.settling.staging import AT, StagedFile, StagedSheet
from data.storage.archive import Archive
from model.archive.tables import EVENT_ON, Table, archive_tables


@dataclass
class Settled:
    """What became of the sound rows of one sheet: how many were stored, and which were not."""

    verdicts: Verdicts
    stored: int = 0


def store(
    files: Sequence[StagedFile], archive: Archive, moment: datetime, spill: Path, progress: Progress
) -> Mapping[int, Settled]:
    """Store the staged rows, a part for each table, parents first.

    Returns
    -------
    mapping of int to Settled
        Start of each sheet → what became of its rows.
    """
    found: dict[int, Settled] = {}
    tables = archive_tables()
    for done, (name, table) in enumerate(tables.items()):
        progress("storing", done, len(tables))
        sheets = [sheet for file in files for sheet in file.sheets if sheet.table == name]
        if sheets:
            verdicts = settle(table, sheets, archive, moment, spill)
            settled = {sheet.start: Settled(verdicts.of(sheet)) for sheet in sheets}
            archive.append_stream(name, _accepted(table, sheets, settled))
            found |= settled
    progress("storing", len(tables), len(tables))
    return found


def _accepted(
    table: Table, sheets: Sequence[StagedSheet], settled: Mapping[int, Settled]
) -> Iterator[pa.Table]:
    """Yield the rows without a verdict, and count them."""
    columns = [name for name in table.columns if name != EVENT_ON]
    for sheet in sheets:
        for rows in good_rows(sheet):
            is_stored = ~np.isin(rows[AT].to_numpy(), settled[sheet.start].verdicts.at)
            settled[sheet.start].stored += int(np.count_nonzero(is_stored))
            yield rows.select(columns).filter(pa.array(is_stored))


def good_rows(sheet: StagedSheet) -> Iterator[pa.Table]:
    """Yield the rows of `sheet` that passed on their own, a chunk at a time."""
    with pa.memory_map(str(sheet.good)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)])
