"""Time of every member's profile as of a date, and of a training spine of one row per loan.

    python -m benchmarks.profile --archive data/archive --as-of 2023-10-01

Prints one JSON object. Each measurement runs in a new process, which gives its own peak memory. It
includes reading the archive and starting the engine.
"""

from __future__ import annotations

import json
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc

from data.storage.archive import Archive
from data.storage.profiles import profile_as_of, profile_spine


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
def main(archive: Path, as_of: datetime) -> None:
    """Measure and print."""
    found = {
        "every member": _in_process(_every_member, archive, as_of.date()),
        "one row per loan": _in_process(_every_loan, archive, as_of.date()),
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _in_process(measure: Any, *args: Any) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        result: dict[str, float] = process.submit(measure, *args).result()
    return result


def _every_member(folder: Path, as_of: date) -> dict[str, float]:
    began = time.perf_counter()
    profile = profile_as_of(Archive(folder), as_of)
    return _figures(profile, began)


def _every_loan(folder: Path, as_of: date) -> dict[str, float]:
    archive = Archive(folder)
    loans = archive.read("loans")
    known = loans.filter(pc.less(loans["applied_on"], pa.scalar(as_of)))
    month = pc.floor_temporal(known["applied_on"], unit="month")
    spine = pa.table({"member_id": known["member_id"], "as_of": pc.cast(month, pa.date32())})
    began = time.perf_counter()
    return _figures(profile_spine(archive, spine), began)


def _figures(profile: pa.Table, began: float) -> dict[str, float]:
    return {
        "rows": profile.num_rows,
        "dates": len(pc.unique(profile["as_of"])),
        "seconds": round(time.perf_counter() - began, 2),
        "processor seconds": round(time.process_time(), 2),
        "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    main()
