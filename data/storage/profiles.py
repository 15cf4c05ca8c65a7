"""Profiles of a stored archive: opened as Ibis tables on an engine, computed, written down."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table
from numpy.typing import NDArray

from data.storage.archive import Archive
from data.storage.engines import Engine, EngineName, open_archive, running
from model.profile.profile import build_profile, consent_days, spine_as_of

_SPINE = pa.schema([("member_id", pa.string()), ("as_of", pa.date32())])

#: Rows per Parquet row group: fixed, since a file's bytes depend on it.
_ROW_GROUP = 65_536


def profile_as_of(archive: Archive, as_of: date, engine: EngineName = "duckdb") -> pa.Table:
    """Return the profile of every member visible as of `as_of`, sorted by member.

    Raises
    ------
    ArchiveError
        If the archive holds no members, or the engine is not installed.
    """
    with running(engine) as started:
        tables = open_archive(archive, started)
        spine = started.hold(started.fetch(spine_as_of(tables, as_of)))
        return _computed(build_profile(tables, spine), started)


def consent_days_as_of(archive: Archive, as_of: date) -> pa.Table:
    """Return ``member_id`` and the day of the archive's last word, ``consent_on``, by member.

    Raises
    ------
    ArchiveError
        If the archive holds no members.
    """
    with running("duckdb") as started:
        tables = open_archive(archive, started)
        return started.fetch(consent_days(tables, as_of).order_by("member_id"))


def profile_spine(archive: Archive, spine: pa.Table, engine: EngineName = "duckdb") -> pa.Table:
    """Return the profile of each row of `spine`, sorted by member and date.

    Parameters
    ----------
    spine
        ``member_id`` (text) and ``as_of`` (date); other columns are left out.

    Raises
    ------
    ArchiveError
        If the archive holds no members, or the engine is not installed.
    """
    with running(engine) as started:
        tables = open_archive(archive, started)
        keys = started.hold(spine.select(_SPINE.names).cast(_SPINE))
        return _computed(build_profile(tables, keys), started)


def columns_of(table: pa.Table) -> dict[str, NDArray[Any]]:
    """Return `table` as arrays of shape (n,), as the card's kernel takes them.

    Numbers and flags come as float64 with NaN for missing, anything else as object with None.
    """
    return {name: _array(table[name]) for name in table.column_names}


def write_profile(profile: pa.Table, path: Path) -> None:
    """Write `profile` as Parquet: the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(profile.combine_chunks(), path, row_group_size=_ROW_GROUP, compression="zstd")


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    found = np.empty(len(column), dtype=object)
    found[:] = column.to_pylist()
    return found


def _computed(profile: Table, engine: Engine) -> pa.Table:
    return engine.fetch(profile.order_by("member_id", "as_of")).combine_chunks()
