"""The archive: one Parquet folder per table, appended to and never rewritten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.schema import arrow_schema, with_event_date
from model.errors import ArchiveError
from model.tables import EVENT_ON, archive_tables


@dataclass(frozen=True)
class Archive:
    """A folder of archive tables; an absent table is empty, not an error."""

    folder: Path

    def parts(self, table: str) -> list[Path]:
        """Return the Parquet files of `table` in the order they were appended."""
        return sorted((self.folder / table).glob("part-*.parquet"))

    def append(self, table: str, rows: pa.Table) -> Path | None:
        """Store checked `rows` of `table` as one more part; nothing is written for no rows.

        Raises
        ------
        ArchiveError
            If the rows do not fit the contract's schema.
        """
        if rows.num_rows == 0:
            return None
        stored = self._fit(table, rows)
        folder = self.folder / table
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{len(self.parts(table)):06d}.parquet"
        draft = path.with_suffix(".draft")
        pq.write_table(stored, draft, compression="zstd")
        draft.replace(path)
        return path

    def read(self, table: str) -> pa.Table:
        """Return every stored row of `table`, all versions, in the order they were appended."""
        schema = arrow_schema(archive_tables()[table])
        parts = [pq.read_table(part, schema=schema) for part in self.parts(table)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def digest(self) -> str:
        """Return the SHA-256 over every part's name and bytes: what a training run was fed."""
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
            return dated.select(schema.names).cast(schema)
        except (KeyError, pa.ArrowException) as error:
            raise ArchiveError(f"rows of {table} do not fit the archive contract: {error}") from error
