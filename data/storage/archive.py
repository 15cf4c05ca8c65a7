"""The archive: one folder of Parquet parts per table; parts are added and never changed."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.storage.private_files import create_file, drafted, make_folder
from data.storage.schema import arrow_schema, fitted, with_event_date
from model.archive.tables import EVENT_ON, archive_tables
from model.errors import ArchiveError

#: Rows per row group of a part.
_ROW_GROUP = 1 << 18


@dataclass(frozen=True)
class Archive:
    """A folder of archive tables; an absent table is empty."""

    folder: Path

    def parts(self, table: str) -> list[Path]:
        """Return the Parquet files of `table` in the order in which they were added."""
        return sorted((self.folder / table).glob("part-*.parquet"))

    def append(self, table: str, rows: pa.Table) -> Path | None:
        """Store checked `rows` of `table` as a new part; no rows, no part.

        Raises
        ------
        ArchiveError
            If the rows do not fit the contract's schema.
        """
        return self.append_stream(table, [rows])

    def append_stream(self, table: str, pieces: Iterable[pa.Table]) -> Path | None:
        """Store the rows of all `pieces` as one part, which appears when all are written.

        The bytes of the part depend on the rows and their order, not on their division into pieces.
        A crash leaves a draft that nothing reads and that the next part overwrites. Only their
        owner may read the archive's files and the folders made for them.

        Raises
        ------
        ArchiveError
            If a piece does not fit the contract's schema.
        OSError
            If the disk is full or read-only; the archive is then as before.
        """
        path = self.folder / table / f"part-{len(self.parts(table)):06d}.parquet"
        checked = (self._fit(table, piece) for piece in pieces if piece.num_rows)
        schema = arrow_schema(archive_tables()[table])
        if (first := next(checked, None)) is None:
            return None
        with drafted(path) as draft:
            _write_row_groups(draft, schema, chain([first], checked))
        return path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the archive for one writer.

        Raises
        ------
        ArchiveError
            If another process has locked it.
        """
        make_folder(self.folder)
        create_file(self.folder / ".lock")
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ArchiveError(
                    f"another import is writing to {self.folder}; run this one after it"
                ) from error
            yield

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all versions of the stored rows of `table`, in the order in which they were added.

        Only `columns` are read if they are given. A part of an earlier version of the contract has
        the defaults of the columns that it lacks.
        """
        schema = arrow_schema(archive_tables()[table])
        schema = pa.schema([schema.field(name) for name in columns]) if columns else schema
        parts = [_read_part(part, table, schema) for part in self.parts(table)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def stored_columns(self, table: str) -> frozenset[str]:
        """Return the names of the columns that at least one part of `table` has.

        Raises
        ------
        ArchiveError
            If a part is damaged.
        """
        return frozenset(name for part in self.parts(table) for name in _schema(part).names)

    def digest(self) -> str:
        """Return the SHA-256 over the name and bytes of every part: it identifies training data."""
        total = hashlib.sha256()
        for table in archive_tables():
            for part in self.parts(table):
                total.update(f"{table}/{part.name}\n".encode())
                total.update(hashlib.sha256(part.read_bytes()).digest())
        return total.hexdigest()

    def _fit(self, table: str, rows: pa.Table) -> pa.Table:
        spec = archive_tables()[table]
        schema = arrow_schema(spec)
        try:
            dated = rows if EVENT_ON in rows.column_names else with_event_date(spec, rows)
            return fitted(spec, dated).select(schema.names).cast(schema)
        except (KeyError, pa.ArrowException) as error:
            raise ArchiveError(
                f"rows of {table} do not fit the archive contract: {error}"
            ) from error


def _read_part(part: Path, table: str, schema: pa.Schema) -> pa.Table:
    stored = set(_schema(part).names)
    rows = pq.read_table(part, columns=[name for name in schema.names if name in stored])
    return fitted(archive_tables()[table], rows).select(schema.names).cast(schema)


def _schema(part: Path) -> pa.Schema:
    try:
        return pq.read_schema(part)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(
            f"{part} cannot be read: {error}."
            " Restore the archive from a backup, or import its files again"
        ) from error


def _write_row_groups(path: Path, schema: pa.Schema, pieces: Iterable[pa.Table]) -> None:
    """Write `pieces` in row groups of equal size."""
    pending = schema.empty_table()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in pieces:
            pending = pa.concat_tables([pending, piece])
            while pending.num_rows >= _ROW_GROUP:
                writer.write_table(pending.slice(0, _ROW_GROUP).combine_chunks())
                pending = pending.slice(_ROW_GROUP)
        if pending.num_rows:
            writer.write_table(pending.combine_chunks())
