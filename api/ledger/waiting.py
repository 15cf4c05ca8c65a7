"""Commands on their way to the writer's thread, and answers on their way back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

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


def next_group(queue: Queue, most: int) -> tuple[list[Waiting], bool]:
    """Wait for a command and return it with all that wait behind it; True at the end.

    Nobody is waited for: who comes while a group is being committed makes the next one.
    """
    group: list[Waiting] = []
    try:
        item = queue.get()
        while item is not None:
            group.append(item)
            if len(group) >= most:
                return group, False
            item = queue.get_nowait()
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
