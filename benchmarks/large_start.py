"""A service that starts on a large ledger: first decisions and first page of the queue.

    python -m benchmarks.large_start --home data --entries 200000

Works in a copy of the published parts of `--home`. As soon as the process answers, eight callers
ask for decisions and one for pages of the review queue, while the service still reads the ledger.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from api.core.settings import Settings
from api.ledger.writer import Ledger
from benchmarks.large_filling import fill_large
from tests.support.faults.scene import loading
from tests.support.ledger.filling import loaded
from tests.support.load.client import Plan
from tests.support.service.running import Running, home_to_write_in, questions, serving

_PAGES = ("/v1/reviews", "/v1/reviews", "/v1/portfolio")


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--entries", "count", default=200_000, show_default=True)
@click.option("--seconds", default=8.0, show_default=True)
def main(home: Path, count: int, seconds: float) -> None:
    """Fill, start, send requests, and print the seconds of pages and the figures of decisions."""
    with tempfile.TemporaryDirectory() as folder:
        own = home_to_write_in(home, Path(folder))
        settings = Settings(home=own)
        ledger = Ledger.open(settings)
        fill_large(ledger, settings, loaded(own), count)
        ledger.close()
        with serving(own, Path(folder) / "serve.log", awaited="/live") as running:
            print(json.dumps({"entries": count, **_measure(running, own, seconds)}, indent=1))


def _measure(running: Running, home: Path, seconds: float) -> dict[str, Any]:
    plan = Plan(
        port=running.port,
        path="/v1/decisions",
        bodies=questions(home),
        connections=8,
        seconds=seconds,
        headers=running.bearer,
        warm_seconds=0.0,
    )
    with loading(plan) as found:
        pages = [_page(running, path) for path in _PAGES]
    return {
        "pages": pages,
        "decisions": {name: found[name] for name in ("answers", "goodput")},
        "memory_mib": round(running.memory_mib(), 1),
    }


def _page(running: Running, path: str) -> dict[str, Any]:
    began = time.perf_counter()
    status, _ = running.get(path)
    return {"path": path, "status": status, "seconds": round(time.perf_counter() - began, 2)}


if __name__ == "__main__":
    main()
