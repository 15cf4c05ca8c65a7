"""Profiles on Spark: each task computes those of whole households by DuckDB, and writes a file.

Driver and executors share two folders: the archive, and the folder of the pieces. A task compares
the archive's bytes with the digests that the driver pinned, runs the query that the driver compiled
on its piece of the spine, and answers with counts and digests. Rows stay in the files; whoever
builds an edition from them reads them back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.storage.archive import Archive
from data.storage.engines import open_archive, start_engine
from data.storage.kept_pieces import KeptPieces, piece_name, write_piece
from data.storage.part_list import file_digest
from data.storage.private_files import drafted
from data.storage.profiles import (
    PIECE,
    SPINE,
    ProfileQueries,
    profile_piece,
    profile_queries,
    reading,
    township_medians,
)
from data.storage.spark import Answer, run_tasks, spark_session, task_attempt, task_processors
from model.errors import RunError
from model.profile.profile import spine_as_of, spine_in_pieces

#: Members below which a further piece costs more than another core saves.
SMALLEST_PIECE = 10_000
SPINE_FILE = "spine.parquet"
_NUMBER = "piece"

#: What follows from a piece of profiles where it is computed; it is pickled.
Then = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs.

    Attributes
    ----------
    master : str or None
        See `spark_session`.
    folder : Path
        Shared with the executors; the pieces of a run that keeps none lie in it.
    """

    master: str | None
    folder: Path


@dataclass(frozen=True)
class _Job:
    """What a task needs beside its number.

    Attributes
    ----------
    medians : pa.Table or None
        What the driver computed of everyone.
    whole : frozenset of int
        Pieces that an earlier run finished.
    """

    archive: Archive
    folder: Path
    queries: ProfileQueries
    medians: pa.Table | None
    whole: frozenset[int]
    then: Then | None


@dataclass(frozen=True)
class SparkProfile:
    """Profiles in files, one for each piece, and beside them what followed from each.

    Attributes
    ----------
    kept : KeptPieces
        The folder of the files, with their digests.
    answers : tuple of mapping
        Of each task: ``rows``, ``attempt`` and ``files`` (digest by name).
    """

    kept: KeptPieces
    answers: tuple[Answer, ...]

    @property
    def rows(self) -> int:
        """Number of profiles."""
        return sum(answer["rows"] for answer in self.answers)

    def paths(self) -> list[Path]:
        """Return the files of the profiles; their bytes are those that the tasks wrote."""
        return [self._checked(piece_name(each)) for each in range(len(self.answers))]

    def profiles(self) -> pa.Table:
        """Return all profiles, sorted by member and date."""
        tables = [pq.read_table(path) for path in self.paths()]
        whole = pa.concat_tables(tables).sort_by([(name, "ascending") for name in SPINE.names])
        return whole.combine_chunks()

    def outcomes(self) -> pa.Table:
        """Return what `then` gave for all profiles, sorted by member."""
        paths = [self._checked(_outcome_name(each)) for each in range(len(self.answers))]
        whole = pa.concat_tables([pq.read_table(path) for path in paths])
        return whole.sort_by("member_id").combine_chunks()

    def sorted_profiles(self) -> Iterator[pa.Table]:
        """Yield all profiles, sorted by member and date, a batch at a time."""
        with pq.ParquetFile(self.paths()[0]) as first:
            schema = first.schema_arrow
        with start_engine() as engine:
            for batch in engine.sorted_rows(self.paths(), SPINE.names):
                yield batch.cast(schema)

    def _checked(self, name: str) -> Path:
        path = self.kept.folder / name
        if not self.kept.holds(name):
            raise RunError(
                f"{path} is missing or is not what its task wrote; driver and executors must share"
                " this folder. Run this again"
            )
        return path


def profile_on_spark(
    archive: Archive,
    as_of: date,
    kept: KeptPieces,
    master: str | None = None,
    stale: Collection[str] = (),
    then: Then | None = None,
    with_consent_days: bool = False,
) -> SparkProfile:
    """Compute the profile of every member visible as of `as_of`, as `profile_as_of` does.

    Parameters
    ----------
    kept
        Its folder is shared with the executors. It holds the finished pieces, which are not
        computed again, and receives the others when all are done.
    master
        See `spark_session`.
    then
        Applied to each piece where it is computed. A piece holds whole households.

    Raises
    ------
    ArchiveError
        If the archive has no members, or a part of it is damaged on any machine.
    RunError
        If Spark gives up, or the pieces do not hold every member.
    """
    session = spark_session(master)
    with reading(archive) as (pinned, engine):
        tables = open_archive(pinned, engine)
        if not kept.holds(SPINE_FILE):
            members = spine_as_of(tables, as_of)
            (number,) = engine.fetch(members.aggregate(n=members.count()))["n"].to_pylist()
            spine = spine_in_pieces(tables, as_of, _pieces(number, _cores(session)))
            with drafted(kept.folder / SPINE_FILE) as draft:
                engine.write(spine, draft)
        queries = profile_queries(tables.keys() - set(stale), with_consent_days)
        medians = township_medians(engine, queries, pa.array([as_of]))
    return _run(session, pinned, queries, medians, kept, then)


def profile_spine_on_spark(
    archive: Archive, spine: pa.Table, kept: KeptPieces, master: str | None = None
) -> SparkProfile:
    """Compute the profile of each row of `spine`, as `profile_spine` does.

    See `profile_on_spark` for what is shared and raised.
    """
    session = spark_session(master)
    with reading(archive) as (pinned, engine):
        queries = profile_queries(open_archive(pinned, engine).keys())
        rows = spine.select(SPINE.names).cast(SPINE)
        medians = township_medians(engine, queries, rows["as_of"].unique())
    pieces = _pieces(rows.num_rows, _cores(session))
    number = pa.array(np.arange(rows.num_rows) * pieces // max(rows.num_rows, 1), pa.int64())
    write_piece(kept.folder / SPINE_FILE, rows.append_column(_NUMBER, number))
    return _run(session, pinned, queries, medians, kept, None)


def _pieces(rows: int, cores: int) -> int:
    """Return how many pieces keep all cores busy, of `SMALLEST_PIECE` to `PIECE` rows each."""
    return max(-(-rows // PIECE), min(cores, -(-rows // SMALLEST_PIECE)), 1)


def _cores(session: Any) -> int:
    return int(session.sparkContext.defaultParallelism)


def _run(
    session: Any,
    archive: Archive,
    queries: ProfileQueries,
    medians: pa.Table | None,
    kept: KeptPieces,
    then: Then | None,
) -> SparkProfile:
    numbers = pq.read_table(kept.folder / SPINE_FILE, columns=[_NUMBER])[_NUMBER]
    pieces = (pc.max(numbers).as_py() or 0) + 1
    whole = frozenset(each for each in range(pieces) if kept.holds(piece_name(each)))
    # Executors run in folders of their own.
    shared = replace(archive, folder=archive.folder.absolute())
    job = _Job(shared, kept.folder.absolute(), queries, medians, whole, then)
    made = SparkProfile(kept, tuple(run_tasks(session, partial(_task, job), range(pieces))))
    if made.rows != len(numbers):
        raise RunError(f"Spark made {made.rows:,} profiles of {len(numbers):,}; run this again")
    kept.record({SPINE_FILE: file_digest(kept.folder / SPINE_FILE)})
    kept.record({name: sha for each in made.answers for name, sha in each["files"].items()})
    return made


def _task(job: _Job, number: int) -> Answer:
    """Make piece `number`, and what follows from it, on an executor."""
    made = {}
    if number in job.whole:
        profile = pq.read_table(job.folder / piece_name(number))
    else:
        profile = made[piece_name(number)] = _profile(job, number)
    if job.then:
        made[_outcome_name(number)] = job.then(profile)
    files = {name: _write(job.folder, name, table) for name, table in made.items()}
    return {"rows": profile.num_rows, "attempt": task_attempt(), "files": files}


def _profile(job: _Job, number: int) -> pa.Table:
    spine = pq.read_table(job.folder / SPINE_FILE, filters=[(_NUMBER, "==", number)])
    with reading(_compared(job.archive), task_processors()) as (archive, engine):
        open_archive(archive, engine)
        rows = spine.select(SPINE.names).cast(SPINE)
        return profile_piece(engine, job.queries, job.medians, rows)


#: Archives, by folder and digest, whose bytes this process has compared.
_seen: set[tuple[Path, str]] = set()


def _compared(archive: Archive) -> Archive:
    """Return `archive` when its bytes, as this machine reads them, are those that were pinned.

    A process compares them once, however many pieces it makes.
    """
    identity = (archive.folder, archive.digest())
    if identity not in _seen:
        archive.compared()
        _seen.add(identity)
    return archive


def _write(folder: Path, name: str, table: pa.Table) -> str:
    """Write `table` and return its digest; two attempts at a task write the same bytes.

    Each writes to a file of its own, which becomes `name` when it is complete.
    """
    own = folder / f"{task_attempt()}-{name}"
    write_piece(own, table)
    digest = file_digest(own)
    own.replace(folder / name)
    return digest


def _outcome_name(number: int) -> str:
    return f"then-{number:06d}.parquet"
