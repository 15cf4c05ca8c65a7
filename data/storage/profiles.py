"""Profiles of a stored archive, computed by DuckDB and written as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from data.storage.archive import Archive
from data.storage.engines import Engine, Query, open_archive, open_tables, start_engine
from data.storage.kept_pieces import KeptPieces
from data.storage.private_files import drafted
from data.storage.row_groups import write_row_groups
from data.storage.schema import arrow_schema
from model.archive.tables import archive_tables
from model.errors import ArchiveError
from model.policy.policy import dated_consent_terms
from model.profile.flows.repayments import repayments
from model.profile.point_in_time import PointInTime
from model.profile.profile import build_profile, consent_days, spine_as_of

#: The columns of a spine.
SPINE = pa.schema([("member_id", pa.string()), ("as_of", pa.date32())])
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
        If the archive has no members.
    """
    with reading(archive) as (pinned, running):
        tables = open_archive(pinned, running)
        spine = running.fetch(spine_as_of(tables, as_of)).sort_by("member_id")
        query = profile_query(tables.keys() - set(stale))
        compute = partial(profile_piece, running, query)
        made = _pieces(compute, spine, PIECE, kept, progress)
        return pa.concat_tables(made).combine_chunks()


def profile_query(tables: Collection[str]) -> Query:
    """Return the query for the profiles of an engine's spine, sorted by member and date.

    Parameters
    ----------
    tables
        Names of the archive's tables that it reads; the attributes of the others are missing.
    """
    return _query(frozenset(tables))


# The text depends on nothing but which tables there are, and takes seconds to compile.
@lru_cache(maxsize=8)
def _query(names: frozenset[str]) -> Query:
    declared = {name: archive_tables()[name] for name in sorted(names)}
    tables = {name: _unbound(name, arrow_schema(table)) for name, table in declared.items()}
    profile = build_profile(tables, _unbound("spine", SPINE), dated_consent_terms())
    return Query.of(profile.order_by("member_id", "as_of"))


def _unbound(name: str, schema: pa.Schema) -> Table:
    return ibis.table(ibis.Schema.from_pyarrow(schema), name=name)


def profile_piece(engine: Engine, query: Query, spine: pa.Table) -> pa.Table:
    """Return the profile of each row of `spine`, in one chunk."""
    engine.cache(spine)
    return engine.run(query).combine_chunks()


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
    with reading(archive) as (pinned, running):
        tables = open_archive(pinned, running)
        return running.fetch(
            consent_days(tables, as_of, dated_consent_terms()).order_by("member_id")
        )


def loan_months_as_of(archive: Archive, as_of: date) -> pa.Table:
    """Return the months of every lent loan as known on `as_of`, in order of loan and month.

    ``loan_id``, ``event_on`` (the month's last day), ``days_past_due`` and ``balance`` (fen): what
    attributes of repayments read, whatever the shape in which the bank reports its loans.
    """
    with reading(archive) as (pinned, running):
        tables = open_tables(pinned, running, ("loans", *repayments.either))
        if not repayments.can_read(tables):
            return _LOAN_MONTHS.empty_table()
        borrowers = tables["loans"].select("member_id", as_of=ibis.literal(as_of, "date"))
        months = repayments.rows(PointInTime(tables, borrowers.distinct()))
        rows = running.fetch(months.select(*_LOAN_MONTHS.names).order_by("loan_id", "event_on"))
        return rows.cast(_LOAN_MONTHS)


def profile_spine(archive: Archive, spine: pa.Table) -> pa.Table:
    """Return the profile of each row of `spine`, sorted by member and date.

    Parameters
    ----------
    spine
        Has ``member_id`` (text) and ``as_of`` (date); other columns are dropped.

    Raises
    ------
    ArchiveError
        If the archive has no members.
    """
    with reading(archive) as (pinned, running):
        query = profile_query(open_archive(pinned, running).keys())
        return profile_piece(running, query, spine.select(SPINE.names).cast(SPINE))


def columns_of(table: pa.Table) -> dict[str, NDArray[Any]]:
    """Return `table` as arrays of shape (n,), the input of the card's kernel.

    Numbers and flags become float64 with NaN for missing, other values object with None.
    """
    return {name: _array(table[name]) for name in table.column_names}


def write_profile(
    pieces: pa.Table | Iterable[pa.Table], path: Path, stale: Collection[str] = ()
) -> None:
    """Write a profile as Parquet for its owner only; the same rows give the same bytes.

    The file's metadata name the `stale` tables under ``stale_tables``, if there are any.

    Parameters
    ----------
    pieces
        The profile, whole or one piece after the other.
    """
    rest = iter([pieces] if isinstance(pieces, pa.Table) else pieces)
    first = next(rest)
    schema = first.schema
    if stale:
        schema = schema.with_metadata({"stale_tables": ",".join(sorted(stale))})
    made = (piece.replace_schema_metadata(schema.metadata) for piece in chain([first], rest))
    with drafted(path) as draft:
        write_row_groups(draft, schema, made, _ROW_GROUP)


@contextmanager
def reading(archive: Archive, threads: int | None = None) -> Iterator[tuple[Archive, Engine]]:
    """Pin `archive` and start an engine; if a part cannot be read, name it."""
    pinned = archive.pinned()
    try:
        with start_engine(threads) as running:
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
