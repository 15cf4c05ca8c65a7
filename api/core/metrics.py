"""What Prometheus reads: counts, times and states, labelled by declared words alone.

Labels are route templates, methods, statuses, outcomes, tiers and kinds of problem: never an id.
With several workers each writes to files of its own under ``PROMETHEUS_MULTIPROC_DIR``, which
`share_metrics` makes, and any of them answers for all.

What the workers of one service share: a folder of metric files, and their parent's life.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

#: prometheus-client looks for this name when it is imported.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
_TURN_SECONDS = 0.0005


def share_metrics() -> None:
    """Let workers started from here write their metrics where each of them can sum them up."""
    folder = tempfile.mkdtemp(prefix="rongzi-metrics-")
    os.environ[SHARED] = folder
    atexit.register(_clear, folder, os.getpid())


def shorten_switch_interval() -> None:
    """Let the event loop have the interpreter soon while the ledger's thread reckons.

    Else each wake of the loop waits up to 5 ms for its turn, and a refusal waits for many.
    """
    sys.setswitchinterval(_TURN_SECONDS)


def freeze_startup_objects() -> None:
    """Keep what was made at the start, and lasts, out of the collector's rounds."""
    gc.collect()
    gc.freeze()


def forget_dead_workers() -> None:
    """Drop the momentary values of workers that are gone, which would be summed for ever."""
    if folder := os.environ.get(SHARED):
        for path in Path(folder).glob("gauge_live*_*.db"):
            if not _alive(int(path.stem.rpartition("_")[2])):
                path.unlink(missing_ok=True)


def _clear(folder: str, parent: int) -> None:
    # Workers inherit this function; only the parent may clear the folder.
    if os.getpid() == parent:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "rongzi_requests", "Answers by route template and status.", ["method", "route", "status"]
)
LATENCY = Histogram(
    "rongzi_request_seconds",
    "Time from a request's head to its answer's end.",
    ["route"],
    buckets=_SECONDS,
)
IN_WORK = Gauge("rongzi_in_work", "Requests being worked on.", multiprocess_mode="livesum")
REFUSALS = Counter("rongzi_refusals", "Problems answered, by kind.", ["kind"])
DECISIONS = Counter("rongzi_decisions", "Decisions answered.", ["outcome", "tier"])
SWAPS = Counter(
    "rongzi_swaps", "Versions taken up, or kept because the newer one is broken.", ["result"]
)
WAITING = Gauge(
    "rongzi_waiting",
    "Parts that are published but cannot be used; the version before is in use.",
    multiprocess_mode="livemax",
)
PROFILES_AT = Gauge(
    "rongzi_profiles_timestamp_seconds",
    "The day of the profiles in use, as seconds since 1970: time() less this is their age.",
    multiprocess_mode="livemin",
)
FAULTS = Counter("rongzi_faults", "Answers of 500.")
QUEUE = Gauge("rongzi_ledger_queue", "Commands waiting.", multiprocess_mode="livesum")
BATCH = Histogram(
    "rongzi_ledger_batch_commands",
    "Commands of one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
COMMIT = Histogram("rongzi_ledger_commit_seconds", "Time of one commit.", buckets=_SECONDS)
DATABASE_UP = Gauge(
    "rongzi_ledger_up", "1 while the ledger can be written.", multiprocess_mode="livemin"
)

WEBHOOK_DEAD = Gauge(
    "rongzi_webhook_dead",
    "Webhook endpoints that failed ten times in a row.",
    multiprocess_mode="livemax",
)


def exposition() -> bytes:
    """Return all metrics as Prometheus reads them, of all workers if they are shared."""
    if SHARED not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped library
    return generate_latest(registry)
