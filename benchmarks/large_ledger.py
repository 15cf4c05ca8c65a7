"""First and second reads of what is folded from the whole ledger, on a ledger of many entries.

    python -m benchmarks.large_ledger --home data

Fills a ledger in a temporary folder (`benchmarks.large_filling`). Times what a process answers
first after its start, and again; how late an event loop is while the ledger is read ahead beside
it; and what is kept in memory.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from api.core.metrics import freeze_startup_objects, shorten_switch_interval
from api.core.settings import Settings
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources
from api.ledger.commands import View
from api.ledger.writer import Ledger
from api.portfolio.portfolio import portfolio
from api.portfolio.tally import Tally, preload
from api.reviews.queue import overrides, queue_page
from benchmarks.large_filling import fill_large
from benchmarks.loop_lag import lag_beside
from tests.support.ledger_filling import loaded


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--entries", "count", default=100_000, show_default=True)
def main(home: Path, count: int) -> None:
    """Fill, read, and print seconds, in all and of the processor."""
    resources = loaded(home)
    shorten_switch_interval()
    freeze_startup_objects()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        ledger = Ledger.open(settings)
        began = time.perf_counter()
        fill_large(ledger, settings, resources, count)
        filled = time.perf_counter() - began
        print(json.dumps({"filled_s": round(filled, 1), **_timed(ledger, resources)}, indent=1))
        ledger.close()


def _timed(ledger: Ledger, resources: Resources) -> dict[str, Any]:
    tally, ahead = Tally(), Tally()

    def counted(view: View) -> object:
        return portfolio(resources.edition, tally.totals(view), "county", lambda _: True, 2026)

    def queue(view: View) -> object:
        return queue_page(tally, view, lambda _: True, 0, 50)

    looks: dict[str, Callable[[View], object]] = {
        "portfolio, first": counted,
        "portfolio, again": counted,
        "queue, first": queue,
        "queue, again": queue,
        "funnel of the edition": lambda _: resources.edition.funnel("county", PlaceFilter()),
        "read ahead at the start": lambda _: preload(ledger, ahead, threading.Event()),
        "portfolio, first, read ahead": lambda view: ahead.totals(view),
        "queue, first, read ahead": lambda v: queue_page(ahead, v, lambda _: True, 0, 50),
        "overrides": lambda view: overrides(view, lambda _: True),
    }
    told: dict[str, Any] = {}
    for name, look in looks.items():
        began, worked = time.perf_counter(), time.thread_time()
        with ledger.read() as view:
            look(view)
        seconds = time.perf_counter() - began, time.thread_time() - worked
        told[name] = dict(
            zip(("seconds", "of processor"), (round(s, 3) for s in seconds), strict=True)
        )
    told["loop late, ms"] = {
        "idle": lag_beside(lambda: time.sleep(1)),
        "beside reading ahead": lag_beside(lambda: preload(ledger, Tally(), threading.Event())),
    }
    told["kept, KiB"] = _kept_kib(ledger)
    with ledger.read() as view:
        told |= {"entries": view.last_seq, "cases that wait": len(tally.open_cases(view))}
    return told


def _kept_kib(ledger: Ledger) -> dict[str, int]:
    """Return what a process keeps of a ledger that is read, and the most it held meanwhile."""
    tally = Tally()
    tracemalloc.start()
    preload(ledger, tally, threading.Event())
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"after": kept // 1024, "meanwhile": most // 1024}


if __name__ == "__main__":
    main()
