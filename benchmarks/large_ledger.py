"""First and later reads of queue and portfolio, which fold a whole large ledger.

    python -m benchmarks.large_ledger --home data

Fills a ledger in a temporary folder (`benchmarks.large_filling`). Measures the first answer after a
start and later ones, the delay of an event loop while the ledger is read ahead, and memory.
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

from api.core.settings import Settings
from api.core.workers import freeze_startup_objects, shorten_switch_interval
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources
from api.ledger.commands import View
from api.ledger.writer import Ledger
from api.portfolio.portfolio import portfolio
from api.portfolio.tally import Tally, preload
from api.reviews.queue import overrides, queue_page
from benchmarks.large_filling import fill_large
from benchmarks.loop_lag import lag_beside
from tests.support.ledger.filling import loaded


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--entries", "count", default=100_000, show_default=True)
def main(home: Path, count: int) -> None:
    """Fill, read, and print elapsed and processor seconds."""
    resources = loaded(home)
    shorten_switch_interval()
    freeze_startup_objects()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        ledger = Ledger.open(settings)
        began = time.perf_counter()
        fill_large(ledger, settings, resources, count)
        filled = time.perf_counter() - began
        print(json.dumps({"filled_s": round(filled, 1), **_measure(ledger, resources)}, indent=1))
        ledger.close()


def _measure(ledger: Ledger, resources: Resources) -> dict[str, Any]:
    tally, ahead = Tally(), Tally()

    def counted(view: View) -> object:
        totals, beside = tally.totals(view), tally.beside(view)
        return portfolio(resources.edition, totals, beside, "county", lambda _: True, 2026)

    def queue(view: View) -> object:
        return queue_page(tally, view, lambda _: True, 0, 50)

    reads: dict[str, Callable[[View], object]] = {
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
    figures: dict[str, Any] = {}
    for name, read in reads.items():
        started, worked = time.perf_counter(), time.thread_time()
        with ledger.read() as view:
            read(view)
        seconds = time.perf_counter() - started, time.thread_time() - worked
        figures[name] = dict(
            zip(("seconds", "of processor"), (round(s, 3) for s in seconds), strict=True)
        )
    figures["delay of the loop, ms"] = {
        "idle": lag_beside(lambda: time.sleep(1)),
        "beside reading ahead": lag_beside(lambda: preload(ledger, Tally(), threading.Event())),
    }
    figures["memory, KiB"] = _memory_kib(ledger)
    with ledger.read() as view:
        figures |= {"entries": view.last_seq, "cases that wait": len(tally.open_cases(view))}
    return figures


def _memory_kib(ledger: Ledger) -> dict[str, int]:
    """Return the memory after reading the ledger, and the peak meanwhile."""
    tally = Tally()
    tracemalloc.start()
    preload(ledger, tally, threading.Event())
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"after": after // 1024, "meanwhile": peak // 1024}


if __name__ == "__main__":
    main()
