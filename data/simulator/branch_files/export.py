"""Export of archive rows as branch files, with a manifest of the dirty rows.

Townships send workbooks of people; counties send csv files, flows by year.
"""

from __future__ import annotations

import csv
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.arrays import Ints
from data.simulator.branch_files.branch_files import DirtyRow, SheetBuilder
from data.simulator.branch_files.formats import write_csv, write_workbook
from data.simulator.branch_files.style import style_of
from data.simulator.world.villages import COUNTIES
from data.storage.workers import end_with_parent
from model.archive.tables import archive_tables

#: Returns the archive rows of a table by its name; only a few tables are held at a time.
Tables = Callable[[str], pa.Table]
#: Tables of the townships' workbooks, in the order of their sheets.
_TOWNSHIP_TABLES = ("members", "consents", "plots", "assessments")
#: Tables sent as one file per county and year, as one per county, and as one file in all.
_MONTHLY_TABLES = (
    "station_months", "parcels", "sales", "cooperative_sales", "cashflow", "repayments",
)  # fmt: skip
_COUNTY_TABLES = (
    "villages", "stations", "staff", "cooperatives", "cooperative_members", "accounts",
    "standing_payments", "incomes", "bureau_reports", "loans", "instalments", "loan_events",
    "adverse_records",
)  # fmt: skip
_CITY_TABLES = ("network",)
_MONTHLY_ENCODING = "gb18030"
_WORKERS = 2
#: Files waiting for the workers; more would only fill the memory.
_MAX_WAITING = 4
_COUNTY_DIGITS, _TOWNSHIP_DIGITS = 6, 9


@dataclass(frozen=True)
class Job:
    """One file to write: its name, its title, the rows of each table, and its encoding."""

    file: str
    heading: str
    rows: Mapping[str, pa.Table]
    encoding: str | None = None


def export_files(builder: SheetBuilder, tables: Tables, folder: Path) -> Iterator[list[DirtyRow]]:
    """Write every row of all `tables` in branch files; yield the dirty rows of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(_WORKERS, get_context("spawn"), end_with_parent) as pool:
        waiting: deque[Future[list[DirtyRow]]] = deque()
        for job in _jobs(tables):
            waiting.append(pool.submit(_write_job, builder, job, folder))
            if len(waiting) > _MAX_WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _write_job(builder: SheetBuilder, job: Job, folder: Path) -> list[DirtyRow]:
    """Write one file and return its dirty rows."""
    sheets = [builder.sheet(job.file, table, rows, job.heading) for table, rows in job.rows.items()]
    if job.file.endswith(".xlsx"):
        write_workbook(folder / job.file, sheets)
    else:
        style = style_of(builder.luck, job.file)
        write_csv(folder / job.file, sheets[0], job.encoding or style.encoding)
    return [dirty for sheet in sheets for dirty in sheet.dirty]


def write_manifest(path: Path, dirty: Iterable[DirtyRow]) -> None:
    """Write the dirty rows as csv, in the order of files and rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(DirtyRow)])
        writer.writerows(astuple(row) for row in dirty)


def _jobs(tables: Tables) -> Iterator[Job]:
    """Yield every file: those of the city, of the counties, by year, of the townships."""
    branches = Branches.of(tables)
    for table in _CITY_TABLES:
        name = archive_tables()[table].zh
        yield Job(f"{name}.csv", f"聊城邮政{name}", {table: tables(table)})
    yield from _county_jobs(branches, tables)
    yield from _monthly_jobs(branches, tables)
    yield from _township_jobs(branches, tables)


def _county_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    for table in _COUNTY_TABLES:
        name, rows = archive_tables()[table].zh, tables(table)
        for code, chosen in _groups(branches.codes(rows, _COUNTY_DIGITS)):
            heading = f"聊城邮政{_county_name(code)}{name}"
            own = rows.take(pa.array(chosen))
            yield Job(f"{name}-{_county_name(code)}.csv", heading, {table: own})


def _monthly_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    for table in _MONTHLY_TABLES:
        name, rows = archive_tables()[table].zh, tables(table)
        counties = branches.codes(rows, _COUNTY_DIGITS)
        years = pc.cast(pc.year(rows["month"]), pa.string())
        for key, chosen in _groups(pc.binary_join_element_wise(counties, years, "-")):
            county, year = _county_name(key), key[-4:]
            own = {table: rows.take(pa.array(chosen))}
            heading = f"聊城邮政{county}{year}年{name}"
            yield Job(f"{name}-{county}-{year}.csv", heading, own, _MONTHLY_ENCODING)


def _township_jobs(branches: Branches, tables: Tables) -> Iterator[Job]:
    towns: dict[str, dict[str, pa.Table]] = defaultdict(dict)
    for table in _TOWNSHIP_TABLES:
        rows = tables(table)
        for code, chosen in _groups(branches.codes(rows, _TOWNSHIP_DIGITS)):
            towns[code][table] = rows.take(pa.array(chosen))
    for code, rows_of in towns.items():
        county = _county_name(code)
        yield Job(f"会员档案-{county}-{code}.xlsx", f"聊城邮政{county}惠农会员档案", rows_of)


@dataclass(frozen=True)
class Branches:
    """Where each thing is: by the column that names it, a table of its ids and what leads on.

    A member leads to a village, a loan and an account to a member, a station and a cooperative to
    a village.
    """

    leads: Mapping[str, pa.Table]

    @classmethod
    def of(cls, tables: Tables) -> Branches:
        """Return where everything in `tables` is."""
        return cls(
            {
                key: _first_of_each(tables(table), key, onward)
                for key, table, onward in (
                    ("member_id", "members", "village_code"),
                    ("loan_id", "loans", "member_id"),
                    ("account_id", "accounts", "member_id"),
                    ("station_id", "stations", "village_code"),
                    ("cooperative_id", "cooperatives", "village_code"),
                )
            }
        )

    def codes(self, rows: pa.Table, digits: int) -> pa.ChunkedArray:
        """Return the first `digits` of the place code of each row: its county or township."""
        return pc.utf8_slice_codeunits(self._places(rows), 0, digits)

    def _places(self, rows: pa.Table) -> pa.ChunkedArray:
        for name in ("village_code", "place"):
            if name in rows.column_names:
                return rows[name]
        key = next(name for name in self.leads if name in rows.column_names)
        found = _look_up(rows[key], self.leads[key])
        return found if key in _IN_VILLAGES else _look_up(found, self.leads["member_id"])


#: Columns whose things lie in a village; other things belong to a member.
_IN_VILLAGES = ("member_id", "station_id", "cooperative_id")


def _county_name(code: str) -> str:
    """Return the name of the county whose code `code` begins with."""
    return dict(COUNTIES)[code[:_COUNTY_DIGITS]]


def _first_of_each(rows: pa.Table, key: str, value: str) -> pa.Table:
    """Return each distinct key with its first value."""
    keys = pc.unique(rows[key])
    first = pc.index_in(keys, rows[key].combine_chunks())
    return pa.table({key: keys, value: rows[value].take(first)})


def _look_up(keys: pa.ChunkedArray, table: pa.Table) -> pa.ChunkedArray:
    positions = pc.index_in(keys, table.column(0).combine_chunks())
    return table.column(1).take(positions)


def _groups(keys: pa.ChunkedArray) -> Iterator[tuple[str, Ints]]:
    """Yield each distinct key, in order, with the positions of its rows in their own order."""
    encoded = keys.combine_chunks().dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(distinct) + 1))
    for code in sorted(range(len(distinct)), key=distinct.__getitem__):
        yield distinct[code], order[edges[code] : edges[code + 1]]
