"""Parents of flawed rows: reported as unknown with the flaws, so that one correction is enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells.cell import Field
from data.importing.cells.columns import parse_column
from data.importing.rows.checks import RAW
from data.importing.settling.staging import StagedSheet
from data.storage.archive import Archive
from model.archive.tables import RowCheck, archive_tables


def flawed_rows(sheet: StagedSheet) -> pa.Table:
    """Return the rows of `sheet` that did not pass their checks, see `checks.CheckedRows`."""
    with pa.memory_map(str(sheet.bad)) as source:
        return pa.ipc.open_file(source).read_all()


def named_parents(sheet: StagedSheet, flawed: pa.Table) -> Iterator[tuple[RowCheck, pa.Array]]:
    """Yield each check of a parent, and the key that each row of `flawed` names, shape (n,)."""
    table = archive_tables()[sheet.table]
    for check in table.checks:
        if check.table and flawed.num_rows:
            (name,) = check.columns
            raw = flawed[RAW + name].combine_chunks()
            yield check, parse_column(raw, Field(table.columns[name])).values


def known_parents(archive: Archive, sheets: Sequence[StagedSheet]) -> Mapping[str, pa.Array]:
    """Return, by table, the stored keys among those that flawed rows of `sheets` name.

    Few rows are flawed, so a sheet is compared with these and not with every key of the archive.
    """
    named: dict[str, list[pa.Array]] = defaultdict(list)
    for sheet in sheets:
        for check, keys in named_parents(sheet, flawed_rows(sheet)):
            named[check.table or ""].append(keys)
    return {table: _stored(archive, table, pa.concat_arrays(of)) for table, of in named.items()}


def _stored(archive: Archive, table: str, named: pa.Array) -> pa.Array:
    key = archive_tables()[table].key[0]
    stored = archive.read(table, [key])[key]
    return stored.filter(pc.is_in(stored, named.unique())).unique()
