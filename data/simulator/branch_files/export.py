"""Exports archive rows as the files branches would send, and a manifest of the dirty rows."""

from __future__ import annotations

import csv
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from data.simulator.branch_files.branch_files import DirtyRow, Preparer
from data.simulator.branch_files.formats import write_csv, write_workbook
from data.simulator.branch_files.partition import (
    COUNTY_TABLES,
    MONTHLY_TABLES,
    TOWNSHIP_TABLES,
    Branches,
    Tables,
    by_county,
    by_county_and_year,
    by_township,
    county_name,
)
from data.simulator.branch_files.style import style_of
from model.archive.tables import archive_tables

_MONTHLY_ENCODING = "gb18030"
_WORKERS = 2
#: Files handed out ahead of the workers: more would only hold rows in memory.
_AHEAD = 4


@dataclass(frozen=True)
class Job:
    """One file to write: its name, its title, the rows of each of its tables, its encoding."""

    file: str
    heading: str
    rows: Mapping[str, pa.Table]
    encoding: str | None = None


def export_files(preparer: Preparer, tables: Tables, folder: Path) -> Iterator[list[DirtyRow]]:
    """Write every row of `tables`, each version once; yield each file's dirty rows when written."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[DirtyRow]]] = deque()
        for job in jobs(tables):
            waiting.append(pool.submit(write_job, preparer, job, folder))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def write_job(preparer: Preparer, job: Job, folder: Path) -> list[DirtyRow]:
    """Write one file and return its dirty rows."""
    sheets = [
        preparer.sheet(job.file, table, rows, job.heading) for table, rows in job.rows.items()
    ]
    if job.file.endswith(".xlsx"):
        write_workbook(folder / job.file, sheets)
    else:
        style = style_of(preparer.luck, job.file)
        write_csv(folder / job.file, sheets[0], job.encoding or style.encoding)
    return [dirty for sheet in sheets for dirty in sheet.dirty]


def write_manifest(path: Path, dirty: Iterable[DirtyRow]) -> None:
    """Write the dirty rows as csv, in the order of files and rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(DirtyRow)])
        writer.writerows(astuple(row) for row in dirty)


def jobs(tables: Tables) -> Iterator[Job]:
    """Yield every file to write: county tables, monthly flows, then townships' workbooks."""
    branches = Branches.of(tables)
    yield from _county_jobs(branches, tables)
    yield from _monthly_jobs(branches, tables)
    yield from _township_jobs(branches, tables)


def _county_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    for table in COUNTY_TABLES:
        name = archive_tables()[table].zh
        for code, rows in by_county(branches, table, tables[table]):
            heading = f"聊城邮政{county_name(code)}{name}"
            taken = tables[table].take(pa.array(rows))
            yield Job(f"{name}-{county_name(code)}.csv", heading, {table: taken})


def _monthly_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    for table in MONTHLY_TABLES:
        name = archive_tables()[table].zh
        for key, rows in by_county_and_year(branches, table, tables[table]):
            county, year = county_name(key), key[-4:]
            taken = {table: tables[table].take(pa.array(rows))}
            heading = f"聊城邮政{county}{year}年{name}"
            yield Job(f"{name}-{county}-{year}.csv", heading, taken, _MONTHLY_ENCODING)


def _township_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    towns: dict[str, dict[str, pa.Table]] = defaultdict(dict)
    for table in TOWNSHIP_TABLES:
        for code, rows in by_township(branches, table, tables[table]):
            towns[code][table] = tables[table].take(pa.array(rows))
    for code, rows_of in towns.items():
        county = county_name(code)
        yield Job(f"会员档案-{county}-{code}.xlsx", f"聊城邮政{county}惠农会员档案", rows_of)
