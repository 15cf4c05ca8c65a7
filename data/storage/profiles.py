"""Profiles of a stored archive, computed by DuckDB and written as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from data.storage.divided import divide
from data.storage.engines import (
    Engine,
    Query,
    compiling,
    open_archive,
    open_tables,
    start_engine,
)
from data.storage.kept_pieces import KeptPieces
from data.storage.private_files import drafted, scratch
from data.storage.row_groups import write_row_groups
from data.storage.schema import arrow_schema
from model.archive.tables import archive_tables
from model.errors import ArchiveError
from model.policy.policy import dated_consent_terms
from model.profile.consent_terms import DatedTerms
from model.profile.flows.land import yield_medians, yields
from model.profile.flows.repayments import repayments
from model.profile.point_in_time import PointInTime
from model.profile.profile import build_profile, spine_as_of

#: The columns of a spine.
SPINE = pa.schema([("member_id", pa.string()), ("as_of", pa.date32())])
_LOAN_MONTHS = pa.schema(
    [("loan_id", pa.string()), ("event_on", pa.date32()), ("days_past_due", pa.int64()),
     ("balance", pa.int64())]
)  # fmt: skip

#: The table of an engine with the `township_medians`.
_MEDIANS = "yield_medians"
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
    with_consent_days: bool = False,
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
    with_consent_days
        Whether `CONSENT_DAYS` follow the attributes.

    Raises
    ------
    ArchiveError
        If the archive has no members.
    """
    with reading(archive) as (pinned, running):
        tables = open_archive(pinned, running)
        spine = running.fetch(spine_as_of(tables, as_of)).sort_by("member_id")
        queries = profile_queries(tables.keys() - set(stale), with_consent_days)
        medians = township_medians(running, queries, pa.array([as_of]))
        with _divided(running, tables, spine) as turn_to:
            compute = partial(profile_piece, running, queries, medians)
            made = [*_pieces(compute, turn_to, spine, kept, progress)]
        return pa.concat_tables(made).combine_chunks()


@dataclass(frozen=True)
class ProfileQueries:
    """Profiles as an engine computes them, in two steps.

    Attributes
    ----------
    medians : Query or None
        What everyone is compared with: once for all members, for the days of the table ``spine``;
        None if the archive tells nothing of it.
    profile : Query
        The profiles of the table ``spine``, given the table of medians, sorted by member and date.
    """

    medians: Query | None
    profile: Query


def profile_queries(tables: Collection[str], with_consent_days: bool = False) -> ProfileQueries:
    """Return the queries for the profiles of an engine's spine.

    Parameters
    ----------
    tables
        Names of the archive's tables that they read; the attributes of the others are missing.
    """
    return _queries(frozenset(tables), tuple(dated_consent_terms()), with_consent_days)


# The text depends on nothing else, and takes seconds to compile.
@lru_cache(maxsize=8)
@compiling()
def _queries(names: frozenset[str], terms: DatedTerms, with_consent_days: bool) -> ProfileQueries:
    declared = {name: archive_tables()[name] for name in sorted(names)}
    tables = {name: _unbound(name, arrow_schema(table)) for name, table in declared.items()}
    spine = _unbound("spine", SPINE)
    medians = None
    if yields.can_read(tables):
        medians = Query.of(yield_medians(PointInTime(tables, spine)))
    given = _unbound(_MEDIANS, medians.schema) if medians else None
    profile = build_profile(tables, spine, terms, with_consent_days, given)
    return ProfileQueries(medians, Query.of(profile.order_by("member_id", "as_of")))


def township_medians(engine: Engine, queries: ProfileQueries, days: pa.Array) -> pa.Table | None:
    """Return what `ProfileQueries.medians` gives for profiles of those `days`."""
    if queries.medians is None:
        return None
    of_days = {"member_id": pa.nulls(len(days), pa.string()), "as_of": days.cast(pa.date32())}
    engine.hold("spine", pa.table(of_days, schema=SPINE))
    return engine.run(queries.medians)


def _unbound(name: str, schema: pa.Schema) -> Table:
    return ibis.table(ibis.Schema.from_pyarrow(schema), name=name)


def profile_piece(
    engine: Engine, queries: ProfileQueries, medians: pa.Table | None, spine: pa.Table
) -> pa.Table:
    """Return the profile of each row of `spine`, in one chunk, given the `township_medians`."""
    if medians is not None:
        engine.hold(_MEDIANS, medians)
    engine.hold("spine", spine)
    return engine.run(queries.profile).combine_chunks()


@contextmanager
def _divided(
    engine: Engine, tables: Collection[str], spine: pa.Table
) -> Iterator[Callable[[int], None]]:
    """Divide the archive if `spine` has several pieces; yield what turns the engine to a piece.

    The files lie in a private folder, like what DuckDB spills.
    """
    if spine.num_rows <= PIECE:
        yield lambda _number: None
        return
    with scratch() as folder:
        members = spine["member_id"].combine_chunks()
        yield divide(engine, tables, members, PIECE, folder).turn_to


def _pieces(
    compute: Callable[[pa.Table], pa.Table],
    turn_to: Callable[[int], None],
    spine: pa.Table,
    kept: KeptPieces | None,
    progress: Progress,
) -> Iterator[pa.Table]:
    """Yield what `compute` makes of `spine`, `PIECE` rows at a time, or what is kept of it."""
    for number, start in enumerate(range(0, max(spine.num_rows, 1), PIECE)):
        members = spine.slice(start, PIECE)
        piece = kept.read(number) if kept else None
        if piece is None:
            turn_to(number)
            piece = compute(members)
            if kept:
                kept.write(number, piece)
        yield piece
        progress(start + members.num_rows, spine.num_rows)


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
        queries = profile_queries(open_archive(pinned, running).keys())
        rows = spine.select(SPINE.names).cast(SPINE)
        medians = township_medians(running, queries, rows["as_of"].unique())
        return profile_piece(running, queries, medians, rows)


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
