"""Time and memory of a night: the archive read, profiled in pieces, scored and published.

    python -m benchmarks.scale --archive data/archive --as-of 2023-10-01 --home data --runs 3

Prints a table of medians, with ratios to DuckDB reading every column of the archive in the same
run. Each measurement runs in a new process, which gives its own peak memory. The home is copied,
so nothing is published in it.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

import click
import duckdb

from api.editions.approval import Approval
from api.editions.batch import draft_whitelist, publication, publish_draft
from data.storage import profiles
from data.storage.archive import Archive
from model.archive.tables import archive_tables

#: Processor seconds, wall seconds, and peak memory in MiB.
Figures: TypeAlias = tuple[float, float, float]


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--home", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--pieces", default="1,2", show_default=True, help="Numbers of pieces to compare.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1))
def main(archive: Path, as_of: datetime, home: Path, pieces: str, runs: int) -> None:
    """Measure and print."""
    day, numbers = as_of.date(), [int(each) for each in pieces.split(",")]
    tasks = {"DuckDB reads every column": partial(_read, archive)}
    for number in numbers:
        tasks[f"profile, pieces: {number}"] = partial(_profile, archive, day, number)
    tasks["archive to published edition"] = partial(_night, archive, day, home)
    measured = {name: [_in_process(task) for _ in range(runs)] for name, task in tasks.items()}
    for line in _lines(measured):
        print(line)


def _lines(measured: dict[str, list[Figures]]) -> Iterator[str]:
    yield "| what | processor s | wall s | peak MiB | ratio of processor s |"
    yield "|---|---|---|---|---|"
    medians = {name: tuple(map(median, zip(*runs, strict=True))) for name, runs in measured.items()}
    base = next(iter(medians.values()))[0]
    for name, (processor, wall, peak) in medians.items():
        yield f"| {name} | {processor:.1f} | {wall:.1f} | {peak:,.0f} | {processor / base:.1f} |"


def _in_process(task: Callable[[], None]) -> Figures:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured, task).result()


def _measured(task: Callable[[], None]) -> Figures:
    processor, wall = time.process_time(), time.perf_counter()
    task()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.process_time() - processor, time.perf_counter() - wall, peak


def _read(archive: Path) -> None:
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        for table in archive_tables():
            if parts := [str(part) for part in Archive(archive).parts(table)]:
                rows = database.read_parquet(parts, union_by_name=True)
                rows.aggregate("bit_xor(hash(COLUMNS(*)))").fetchall()


def _profile(archive: Path, day: date, pieces: int) -> None:
    opened = Archive(archive)
    members = len(opened.read("members", ["member_id"])["member_id"].unique())
    profiles.PIECE = -(-members // pieces)
    profiles.profile_as_of(opened, day)


def _night(archive: Path, day: date, home: Path) -> None:
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(home, Path(folder) / "home"))
        with publication(copy, copy / "rows.parquet") as rows:
            made = draft_whitelist(Archive(archive), day, copy)
            publish_draft(copy, made, rows, Approval("Benchmark", "measured on a copy"))


if __name__ == "__main__":
    main()
