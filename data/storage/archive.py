"""The archive: one folder of Parquet parts per table; only an erasure replaces a part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.storage.part_list import (
    REMEDY,
    Parts,
    adopted_parts,
    file_digest,
    hashed,
    listed_parts,
    remove_unlisted,
    write_parts,
)
from data.storage.private_files import drafted, locked
from data.storage.row_groups import write_row_groups
from data.storage.schema import arrow_schema, fitted, with_event_date
from model.archive.tables import EVENT_ON, archive_tables
from model.errors import ArchiveError, BusyError

#: Rows per row group of a part.
_ROW_GROUP = 1 << 18


@dataclass(frozen=True)
class Archive:
    """A folder of archive tables; an absent table is empty.

    Attributes
    ----------
    pinned_parts : mapping or None
        The parts to read, with their SHA-256, whatever is imported meanwhile; None reads those that
        are visible at each call.
    """

    folder: Path
    pinned_parts: Parts | None = field(default=None, repr=False)

    def parts(self, table: str) -> list[Path]:
        """Return the Parquet files of `table` in the order in which they were added."""
        return [self.folder / table / name for name in self._parts().get(table, {})]

    def pinned(self) -> Archive:
        """Return this archive as it is now, all its bytes compared with their recorded digests.

        What is imported later does not change what the result reads.

        Raises
        ------
        ArchiveError
            If a part is missing or damaged.
        """
        if self.pinned_parts is not None:
            return self
        return self.compared()

    def compared(self) -> Archive:
        """Return this archive pinned, all its bytes compared now, even if they were before.

        Another machine compares what it reads itself.

        Raises
        ------
        ArchiveError
            If a part is missing or damaged.
        """
        return replace(self, pinned_parts=hashed(self.folder, self._parts()))

    def append(self, table: str, rows: pa.Table) -> Path | None:
        """Store checked `rows` of `table` as a new part; no rows, no part.

        Raises
        ------
        ArchiveError
            If the rows do not fit the contract's schema.
        BusyError
            If another process writes.
        """
        with self.writing() as written:
            return written.append_stream(table, [rows])

    @contextmanager
    def writing(self) -> Iterator[ArchiveWriter]:
        """Lock the archive for one writer, whose parts become visible together.

        They do when it commits, or at the end of the block; if the block fails before, the archive
        is as it was. Parts that a killed writer left are removed first.

        Raises
        ------
        BusyError
            If another process has locked it.
        """
        refusal = BusyError(f"another import is writing to {self.folder}; run this one after it")
        with locked(self.folder / ".lock", refusal):
            before = adopted_parts(self.folder)
            written = ArchiveWriter(self.folder, {name: dict(of) for name, of in before.items()})
            remove_unlisted(self.folder)
            try:
                yield written
                written.commit()
            except BaseException:
                with suppress(OSError):
                    remove_unlisted(self.folder)
                raise

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all versions of the stored rows of `table`, in the order in which they were added.

        Only `columns` are read if they are given. A part of an earlier version of the contract has
        the defaults of the columns that it lacks.

        Raises
        ------
        ArchiveError
            If a part is damaged.
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

    def refuse_damaged(self) -> None:
        """Read every value of every part, and name the first part that cannot be read.

        Raises
        ------
        ArchiveError
            If a part is damaged.
        """
        for table in archive_tables():
            for part in self.parts(table):
                with _naming(part), pq.ParquetFile(part) as file:
                    for _ in file.iter_batches():
                        pass

    def digest(self) -> str:
        """Return the SHA-256 over the name and bytes of every part: it identifies training data.

        Raises
        ------
        ArchiveError
            If a part is missing or damaged.
        """
        total, parts = hashlib.sha256(), self.pinned()._parts()
        for table in archive_tables():
            for name, sha256 in parts.get(table, {}).items():
                total.update(f"{table}/{name}\n".encode())
                total.update(bytes.fromhex(sha256))
        return total.hexdigest()

    def _parts(self) -> Parts:
        return listed_parts(self.folder) if self.pinned_parts is None else self.pinned_parts


@dataclass(frozen=True)
class ArchiveWriter(Archive):
    """An archive that is being written: it reads its own parts before anyone else does."""

    pinned_parts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def append_stream(self, table: str, pieces: Iterable[pa.Table]) -> Path | None:
        """Store the rows of all `pieces` as one part; no rows, no part.

        The bytes of the part depend on the rows and their order, not on their division into pieces.
        Only their owner may read the archive's files and the folders made for them.

        Raises
        ------
        ArchiveError
            If a piece does not fit the contract's schema.
        OSError
            If the disk is full or read-only.
        """
        path = self.folder / table / f"part-{len(self.parts(table)):06d}.parquet"
        checked = (_fit(table, piece) for piece in pieces if piece.num_rows)
        schema = arrow_schema(archive_tables()[table])
        if (first := next(checked, None)) is None:
            return None
        with drafted(path) as draft:
            write_row_groups(draft, schema, chain([first], checked), _ROW_GROUP)
        self.pinned_parts.setdefault(table, {})[path.name] = file_digest(path)
        return path

    def replace_part(self, table: str, part: Path, rows: pa.Table) -> None:
        """Put `rows` in the place of `part`; only an erasure does that.

        The old bytes go when the archive is next written; `remove_replaced` removes them now.
        """
        stem, _, generation = part.stem.partition("-")[2].partition("-")
        name = f"part-{stem}-{int(generation or 0) + 1:03d}.parquet"
        # By name it stands where the old part stood. It may be empty: parts are counted.
        with drafted(self.folder / table / name) as draft:
            pq.write_table(rows, draft, compression="zstd", row_group_size=_ROW_GROUP)
        del self.pinned_parts[table][part.name]
        self.pinned_parts[table][name] = file_digest(self.folder / table / name)

    def remove_replaced(self) -> None:
        """Make what was written visible, and remove the bytes of replaced parts."""
        self.commit()
        remove_unlisted(self.folder)

    def commit(self) -> None:
        """Make everything that was added visible to all readers, at once."""
        write_parts(self.folder, self.pinned_parts)


def _fit(table: str, rows: pa.Table) -> pa.Table:
    spec = archive_tables()[table]
    schema = arrow_schema(spec)
    try:
        dated = rows if EVENT_ON in rows.column_names else with_event_date(spec, rows)
        return fitted(spec, dated).select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException) as error:
        raise ArchiveError(f"rows of {table} do not fit the archive contract: {error}") from error


def _read_part(part: Path, table: str, schema: pa.Schema) -> pa.Table:
    stored = set(_schema(part).names)
    with _naming(part):
        rows = pq.read_table(part, columns=[name for name in schema.names if name in stored])
    return fitted(archive_tables()[table], rows).select(schema.names).cast(schema)


def _schema(part: Path) -> pa.Schema:
    with _naming(part):
        return pq.read_schema(part)


@contextmanager
def _naming(part: Path) -> Iterator[None]:
    """Name the damaged `part` and say what to do about it."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{part} cannot be read: {error}. {REMEDY}") from error
