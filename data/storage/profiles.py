"""Profiles of a stored archive, computed on an engine and written as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table
from numpy.typing import NDArray

from data.storage.archive import Archive
from data.storage.engines import Engine, EngineName, open_archive, open_tables, start_engine
from data.storage.kept_pieces import KeptPieces
from data.storage.private_files import drafted
from model.errors import ArchiveError
from model.policy.policy import dated_consent_terms
from model.profile.flows.repayments import repayments
from model.profile.point_in_time import PointInTime
from model.profile.profile import build_profile, consent_days, spine_as_of

_SPINE = pa.schema([("member_id", pa.string()), ("as_of", pa.date32())])
_LOAN_MONTHS = pa.schema(
    [("loan_id", pa.string()), ("event_on", pa.date32()), ("days_past_due", pa.int64()),
     ("balance", pa.int64())]
)  # fmt: skip

#: Members whose profiles DuckDB computes at once, so that memory does not grow with the archive.
PIECE = 100_000
#: Called with the amount done, and the total.
Progress = Callable[[int, int], None]

#: Rows per row group; the bytes of a file depend on it.
_ROW_GROUP = 65_536


def silent(_done: int, _of: int) -> None:
    """Show no progress."""


def profile_as_of(
    archive: Archive,
    as_of: date,
    engine: EngineName = "duckdb",
    stale: Collection[str] = (),
    kept: KeptPieces | None = None,
    progress: Progress = silent,
) -> pa.Table:
    """Return the profile of every member visible as of `as_of`, sorted by member.

    DuckDB computes `PIECE` members at a time. A profile depends on no other row of the spine, so
    pieces of any size give the same values.

    Parameters
    ----------
    stale
        Tables too old to be used: the attributes that read them are missing, as without the table.
        Of the two shapes of loans, monthly and to the day, the other one is read.
    kept
        Finished pieces of the same profile, which are not computed again; it receives the others.
    progress
        Called after each piece with the members done, and all.

    Raises
    ------
    ArchiveError
        If the archive has no members, or the engine is not installed.
    """
    with _running(archive, engine) as (pinned, running):
        tables = open_archive(pinned, running)
        spine = running.fetch(spine_as_of(tables, as_of)).sort_by("member_id")
        tables = {name: rows for name, rows in tables.items() if name not in stale}

        def compute(members: pa.Table) -> pa.Table:
            profile = build_profile(tables, running.cache(members), dated_consent_terms())
            return _compute(profile, running)

        size = PIECE if engine == "duckdb" else max(spine.num_rows, 1)
        made = _pieces(compute, spine, size, kept, progress)
        return pa.concat_tables(made).combine_chunks()


def _pieces(
    compute: Callable[[pa.Table], pa.Table],
    spine: pa.Table,
    size: int,
    kept: KeptPieces | None,
    progress: Progress,
) -> Iterator[pa.Table]:
    """Yield what `compute` makes of `spine`, `size` rows at a time, or what is kept of it."""
    for number, start in enumerate(range(0, max(spine.num_rows, 1), size)):
        members = spine.slice(start, size)
        piece = kept.read(number) if kept else None
        if piece is None:
            piece = compute(members)
            if kept:
                kept.write(number, piece)
        yield piece
        progress(start + members.num_rows, spine.num_rows)


def consent_days_as_of(archive: Archive, as_of: date) -> pa.Table:
    """Return the days on which each member's consent last changed, in all and by purpose.

    The columns are those of `consent_days`.

    Raises
    ------
    ArchiveError
        If the archive has no members.
    """
    with _running(archive, "duckdb") as (pinned, running):
        tables = open_archive(pinned, running)
        return running.fetch(
            consent_days(tables, as_of, dated_consent_terms()).order_by("member_id")
        )


def loan_months_as_of(archive: Archive, as_of: date) -> pa.Table:
    """Return the months of every lent loan as known on `as_of`, in order of loan and month.

    ``loan_id``, ``event_on`` (the month's last day), ``days_past_due`` and ``balance`` (fen): what
    attributes of repayments read, whatever the shape in which the bank reports its loans.
    """
    with _running(archive, "duckdb") as (pinned, running):
        tables = open_tables(pinned, running, ("loans", *repayments.either))
        if not repayments.can_read(tables):
            return _LOAN_MONTHS.empty_table()
        borrowers = tables["loans"].select("member_id", as_of=ibis.literal(as_of, "date"))
        months = repayments.rows(PointInTime(tables, borrowers.distinct()))
        rows = running.fetch(months.select(*_LOAN_MONTHS.names).order_by("loan_id", "event_on"))
        return rows.cast(_LOAN_MONTHS)


def profile_spine(archive: Archive, spine: pa.Table, engine: EngineName = "duckdb") -> pa.Table:
    """Return the profile of each row of `spine`, sorted by member and date.

    Parameters
    ----------
    spine
        Has ``member_id`` (text) and ``as_of`` (date); other columns are dropped.

    Raises
    ------
    ArchiveError
        If the archive has no members, or the engine is not installed.
    """
    with _running(archive, engine) as (pinned, running):
        tables = open_archive(pinned, running)
        keys = running.cache(spine.select(_SPINE.names).cast(_SPINE))
        return _compute(build_profile(tables, keys, dated_consent_terms()), running)


def columns_of(table: pa.Table) -> dict[str, NDArray[Any]]:
    """Return `table` as arrays of shape (n,), the input of the card's kernel.

    Numbers and flags become float64 with NaN for missing, other values object with None.
    """
    return {name: _array(table[name]) for name in table.column_names}


def write_profile(profile: pa.Table, path: Path, stale: Collection[str] = ()) -> None:
    """Write `profile` as Parquet for its owner only; the same rows give the same bytes.

    The file's metadata name the `stale` tables under ``stale_tables``, if there are any.
    """
    if stale:
        profile = profile.replace_schema_metadata({"stale_tables": ",".join(sorted(stale))})
    rows = profile.combine_chunks()
    with drafted(path) as draft:
        pq.write_table(rows, draft, row_group_size=_ROW_GROUP, compression="zstd")


@contextmanager
def _running(archive: Archive, engine: EngineName) -> Iterator[tuple[Archive, Engine]]:
    """Pin `archive` and start `engine`; if a part cannot be read, name it."""
    pinned = archive.pinned()
    try:
        with start_engine(engine) as running:
            yield pinned, running
    except ArchiveError:
        pinned.refuse_damaged()
        raise


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values


def _compute(profile: Table, engine: Engine) -> pa.Table:
    return engine.fetch(profile.order_by("member_id", "as_of")).combine_chunks()
