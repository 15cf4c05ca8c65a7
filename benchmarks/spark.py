"""Processor time of the profile on Spark against DuckDB in one process, by the size of the archive.

    python -m benchmarks.spark --archive data/archive --as-of 2023-10-01 --members 3000,20000,87459

Prints a row as soon as it is measured, and at the end the fixed and the per-member cost of each,
fitted to the rows. The first members of the archive stand for a smaller one, with all their rows.
Spark is a local cluster of two executors with one core each and Spark's own settings of memory;
its time is that of all its processes, with its start. Profiles that differ end the run. It runs
once, so other work on the machine shows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.storage.archive import Archive
from data.storage.kept_pieces import passing_pieces
from data.storage.profiles import profile_as_of, write_profile
from data.storage.spark_profiles import profile_on_spark
from model.archive.tables import archive_tables

_MASTER = "local-cluster[2,1,1024]"
_TICKS = os.sysconf("SC_CLK_TCK")
#: Of ``/proc/PID/stat`` after the name: parent, and time of the process and of its dead children.
_PARENT, _TIMES = 1, slice(11, 15)
_HEADINGS = (
    "members", "DuckDB, processor s", "Spark, processor s", "ratio", "DuckDB, wall s",
    "Spark, wall s",
)  # fmt: skip


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--members", default="3000,20000,87459", show_default=True)
def main(archive: Path, as_of: datetime, members: str) -> None:
    """Measure and print."""
    sizes, day = [int(each) for each in members.split(",")], as_of.date()
    print("| members | DuckDB, processor s | Spark, processor s | ratio | wall s of each |")
    print("|---|---|---|---|---|")
    found = [_printed(size, _measured(Archive(archive), day, size)) for size in sizes]
    for name, column in (("DuckDB", 0), ("Spark", 2)):
        slope, fixed = np.polyfit(sizes, [each[column] for each in found], 1)
        print(f"{name}: {fixed:.1f} s fixed, {slope * 1e3:.2f} s a thousand members")


def _printed(size: int, figures: tuple[float, ...]) -> tuple[float, ...]:
    duck, duck_wall, spark, spark_wall = figures
    row = f"| {size:,} | {duck:.1f} | {spark:.1f} | {spark / duck:.1f}"
    print(f"{row} | {duck_wall:.1f}, {spark_wall:.1f} |", flush=True)
    return figures


def _measured(archive: Archive, day: date, members: int) -> tuple[float, ...]:
    with TemporaryDirectory() as folder:
        part = _first_members(archive, members, Path(folder) / "archive")
        outs = [Path(folder) / name for name in ("duckdb.parquet", "spark.parquet")]
        duck = _in_process(partial(_duckdb, part, day, outs[0]))
        spark = _in_process(partial(_spark, part, day, outs[1]))
        assert outs[0].read_bytes() == outs[1].read_bytes(), "Spark's profiles differ"
    return (*duck, *spark)


def _first_members(archive: Archive, members: int, folder: Path) -> Path:
    ids = pc.unique(archive.read("members", ["member_id"])["member_id"]).slice(0, members)
    loans = archive.read("loans")
    theirs = loans.filter(pc.is_in(loans["member_id"], ids))["loan_id"].combine_chunks()
    with Archive(folder).writing() as written:
        for table in archive_tables():
            written.append_stream(table, [_of(archive.read(table), ids, theirs)])
    return folder


def _of(rows: pa.Table, members: pa.Array, loans: pa.Array) -> pa.Table:
    for name, chosen in (("member_id", members), ("loan_id", loans)):
        if name in rows.column_names:
            return rows.filter(pc.is_in(rows[name], chosen))
    return rows


def _in_process(task: Callable[[], None]) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_timed, task).result()


def _timed(task: Callable[[], None]) -> tuple[float, float]:
    before, began = _tree_seconds(os.getpid()), time.perf_counter()
    task()
    return _tree_seconds(os.getpid()) - before, time.perf_counter() - began


def _duckdb(archive: Path, day: date, out: Path) -> None:
    write_profile(profile_as_of(Archive(archive), day), out)


def _spark(archive: Path, day: date, out: Path) -> None:
    import pyspark

    # Executors work and log in the home of Spark, so it is a copy made of links.
    home = out.parent / "spark"
    home.mkdir()
    for each in Path(pyspark.__file__).parent.iterdir():
        (home / each.name).symlink_to(each)
    os.environ["SPARK_HOME"] = str(home)
    with passing_pieces(out.parent) as pieces:
        made = profile_on_spark(Archive(archive), day, pieces, _MASTER)
        write_profile(made.sorted_profiles(), out)


def _tree_seconds(root: int) -> float:
    """Return the processor time of the process `root` and of all that came from it and live."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    family = {root}
    while more := {p for p, stat in stats.items() if int(stat[_PARENT]) in family} - family:
        family |= more
    return sum(int(ticks) for pid in family for ticks in stats[pid][_TIMES]) / _TICKS


if __name__ == "__main__":
    main()
