"""Delay of an event loop while another thread works in the same interpreter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_TICK_SECONDS = 0.001


def lag_beside(work: Callable[[], object]) -> dict[str, float]:
    """Return percentiles of the delay of a loop's ticks, in ms, while `work` runs on a thread."""
    return asyncio.run(_lag_beside(work))


async def _lag_beside(work: Callable[[], object]) -> dict[str, float]:
    late: list[float] = []
    running = asyncio.create_task(asyncio.to_thread(work))
    while not running.done():
        due = time.perf_counter() + _TICK_SECONDS
        await asyncio.sleep(_TICK_SECONDS)
        late.append((time.perf_counter() - due) * 1000)
    await running
    late.sort()
    return {"p50": _ms(late[len(late) // 2]), "p99": _ms(late[len(late) * 99 // 100]),
            "max": _ms(late[-1])}  # fmt: skip


def _ms(value: float) -> float:
    return round(value, 2)
