"""Commands on their way to the writer's thread, and answers on their way back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic

from api.ledger.commands import Command
from api.ledger.performing import Outcome

Promise = asyncio.Future[Outcome] | Future[Outcome]


@dataclass(frozen=True)
class Waiting:
    """One command and who waits for it; `loop` is None where a plain thread waits."""

    command: Command
    promise: Promise
    loop: asyncio.AbstractEventLoop | None = field(default=None)


Queue = SimpleQueue[Waiting | None]


def next_group(
    queue: Queue, most: int, expected: int, seconds: float
) -> tuple[list[Waiting], bool]:
    """Wait for a command and return it with all that wait behind it; True at the end.

    Most of what a group costs does not depend on how many share it, so up to `expected` are waited
    for, `seconds` at most: who was answered a moment ago asks again soon.
    """
    group: list[Waiting] = []
    try:
        item = queue.get()
        ends = monotonic() + seconds
        while item is not None:
            group.append(item)
            if len(group) >= most:
                return group, False
            left = ends - monotonic() if len(group) < expected else 0.0
            item = queue.get(timeout=left) if left > 0 else queue.get_nowait()
    except Empty:
        return group, False
    return group, True


def settle(settled: Iterable[tuple[Waiting, Outcome]]) -> None:
    """Hand out the answers: one call into each event loop, however many it waits for."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[Promise, Outcome]]]
    by_loop = defaultdict(list)
    for waiting, outcome in settled:
        by_loop[waiting.loop].append((waiting.promise, outcome))
    for loop, pairs in by_loop.items():
        if loop is None:
            _fulfil(pairs)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_fulfil, pairs)


def _fulfil(pairs: Iterable[tuple[Promise, Outcome]]) -> None:
    for promise, outcome in pairs:
        # Who asked may have hung up; what was done stays done.
        if not promise.done():
            promise.set_result(outcome)
