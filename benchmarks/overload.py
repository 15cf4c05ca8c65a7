"""Overload: three times as many requests as the service can decide."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.load.decisions import DecisionLoad
from tests.support.service.running import Running

TIMES, CONNECTIONS = 3, 192


@dataclass(frozen=True)
class OverloadTest:
    """An overload of the service at one port.

    The speed of the machine varies, so the peak is measured before and after.
    """

    load: DecisionLoad
    running: Running
    port: int
    connections: int
    seconds: float

    def run(self, seconds: float) -> dict[str, Any]:
        """Offer `TIMES` the peak for `seconds`; return goodput, refusals and memory."""
        before = self._peak()
        with _memory_of(self.running, seconds / 20) as memory:
            found = self.load.measure(
                self.port,
                CONNECTIONS,
                seconds,
                rate=TIMES * before,
                key_prefix=f"over{time.time_ns()}",
            )
        after = self._peak()
        refused = found["answers"].get("503", {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0})
        others = {status: each["count"] for status, each in found["answers"].items()}
        third = max(1, len(memory) // 3)
        return {
            "peak a second, before and after": [round(before), round(after)],
            "offered a second": round(TIMES * before),
            "goodput a second": round(found["goodput"]),
            "goodput of the mean peak": round(2 * found["goodput"] / (before + after), 2),
            "answers by status": others,
            "refusals, p50 ms": refused["p50"],
            "refusals, p99 ms": refused["p99"],
            "served, p99 ms": found["answers"].get("200", {}).get("p99"),
            "not sent, no free connection": found["unsent"],
            "memory, first third, MiB": round(max(memory[:third]), 1),
            "memory, last third, MiB": round(max(memory[-third:]), 1),
        }

    def _peak(self) -> float:
        return self.load.peak(self.port, self.connections, self.seconds)


@contextmanager
def _memory_of(running: Running, every: float) -> Iterator[list[float]]:
    """Yield the resident memory of the service in MiB, measured `every` so many seconds."""
    memory: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(every):
            memory.append(running.memory_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()
