"""Three times as many requests as can be decided, for a minute: refused quickly, not collapsed."""

from __future__ import annotations

import threading
import time
from typing import Any

from benchmarks.load_client import Plan, measure
from benchmarks.running_service import Running

TIMES, CONNECTIONS = 3, 192


def overload(running: Running, bodies: list[str], peak: float, seconds: float) -> dict[str, Any]:
    """Offer `TIMES` the `peak` rate and return goodput, refusals and memory."""
    memory: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(seconds / 20):
            memory.append(running.memory_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    plan = Plan(
        port=running.port,
        path="/v1/decisions",
        bodies=bodies,
        connections=CONNECTIONS,
        seconds=seconds,
        headers=running.bearer,
        rate=TIMES * peak,
        key_prefix=f"over{time.time_ns()}",
    )
    found = measure(plan)
    done.set()
    watcher.join()
    refused = found["answers"].get("503", {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0})
    others = {status: each["count"] for status, each in found["answers"].items()}
    third = max(1, len(memory) // 3)
    return {
        "peak a second": round(peak),
        "offered a second": round(TIMES * peak),
        "goodput a second": round(found["goodput"]),
        "goodput of peak": round(found["goodput"] / peak, 2),
        "answers by status": others,
        "refusals, p50 ms": refused["p50"],
        "refusals, p99 ms": refused["p99"],
        "served, p99 ms": found["answers"].get("200", {}).get("p99"),
        "not sent for want of a free connection": found["unsent"],
        "memory, first third, MiB": round(max(memory[:third]), 1),
        "memory, last third, MiB": round(max(memory[-third:]), 1),
    }
