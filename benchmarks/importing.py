"""Time of importing branch files, workbooks before csv files, then all again; and of cells read.

    python -m benchmarks.importing data/inbox

Prints one JSON object. The archive is temporary.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import openpyxl

from data.importing.files.workbook import open_workbook
from data.importing.importer import import_files
from data.storage.archive import Archive


@click.command()
@click.argument("inbox", type=click.Path(path_type=Path, exists=True))
@click.option("--workers", default=2, show_default=True)
def main(inbox: Path, workers: int) -> None:
    """Measure and print."""
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        workbooks = sorted(inbox.rglob("*.xlsx"))
        others = [path for path in sorted(inbox.rglob("*.*")) if path not in set(workbooks)]
        found["workbooks"] = _import(workbooks, Path(folder), workers)
        found["csv files"] = _import(others, Path(folder), workers)
        # A child process counts its parent's memory at its start.
        found["peak memory of a reading process, or at its start of the main process, MiB"] = _peak(
            resource.RUSAGE_CHILDREN
        )
        found["same files again"] = _import([inbox], Path(folder), workers)
    found["peak memory of the main process, MiB"] = _peak(resource.RUSAGE_SELF)
    if workbooks:
        found["cells a second, openpyxl"] = _rate(_by_openpyxl(workbooks[0]))
        found["cells a second, our reader"] = _rate(_by_our_reader(workbooks[0]))
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _import(paths: Sequence[Path], folder: Path, workers: int) -> dict[str, object]:
    archive, moment = Archive(folder / "archive"), datetime.now(UTC).replace(tzinfo=None)
    began, processors = time.perf_counter(), _processor_seconds()
    report = import_files(paths, archive, folder / "quarantine", moment, workers=workers)
    seconds = time.perf_counter() - began
    return {
        "files": len(report.files),
        **vars(report.totals),
        "seconds": round(seconds, 1),
        "processor seconds": round(_processor_seconds() - processors, 1),
        "rows a second": round(report.totals.read / seconds),
    }


def _processor_seconds() -> float:
    """Return the time that this process and its children, once they ended, have computed."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak(whose: int) -> int:
    return resource.getrusage(whose).ru_maxrss // 1024


def _rate(cells: Iterator[int]) -> int:
    began = time.perf_counter()
    return round(sum(cells) / (time.perf_counter() - began))


def _by_openpyxl(path: Path) -> Iterator[int]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for sheet in book.worksheets:
        yield from (len(row) for row in sheet.iter_rows(values_only=True))
    book.close()


def _by_our_reader(path: Path) -> Iterator[int]:
    with open_workbook(path) as sheets:
        for sheet in sheets:
            yield from (len(row) for chunk in sheet.chunks for row in chunk.rows)


if __name__ == "__main__":
    main()
