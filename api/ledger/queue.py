"""Commands on their way to the writer's thread, and answers on their way back."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic

from api.ledger.commands import Command
from api.ledger.group import Outcome

Promise = asyncio.Future[Outcome] | Future[Outcome]


@dataclass(frozen=True)
class QueuedCommand:
    """One command and who waits for it; `loop` is None where a plain thread waits."""

    command: Command
    promise: Promise
    loop: asyncio.AbstractEventLoop | None = field(default=None)


#: More than can ever wait: the thread is busy and need not be woken.
_NOBODY = sys.maxsize


class Queue:
    """Commands on their way to one thread, which is woken for a group and not for each of them.

    Each time it wakes it takes the interpreter from the event loop, which has more requests at
    hand. Any thread may put; one takes.
    """

    def __init__(self) -> None:
        self._items: deque[QueuedCommand] = deque()
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._awaited = _NOBODY
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: QueuedCommand) -> None:
        """Add `item`, and wake the thread if as many wait now as it waits for."""
        self._items.append(item)
        if len(self._items) >= self._awaited:
            self._awaited = _NOBODY
            self._woken.put(None)

    def close(self) -> None:
        """Let the thread take what is left and then end."""
        self._is_closed = True
        self._woken.put(None)

    def group(self, most: int, expected: int, seconds: float) -> list[QueuedCommand]:
        """Wait for a command and return it with those behind it, `most` at most; empty at the end.

        Most of what a group costs does not depend on how many share it, so up to `expected` are
        waited for, `seconds` at most: who was answered a moment ago asks again soon.
        """
        self._wait_for(1, None)
        self._wait_for(min(most, expected), monotonic() + seconds)
        self._awaited = _NOBODY
        return [self._items.popleft() for _ in range(min(most, len(self._items)))]

    def rest(self) -> list[QueuedCommand]:
        """Return all that wait now, without waiting for any."""
        return [self._items.popleft() for _ in range(len(self._items))]

    def _wait_for(self, count: int, ends: float | None) -> None:
        while True:
            # Said before it is looked: who puts now sees it, or is seen. Said again each time: who
            # put may have taken it back late.
            self._awaited = count
            if len(self._items) >= count or self._is_closed:
                return
            left = None if ends is None else ends - monotonic()
            if left is not None and left <= 0:
                return
            with suppress(Empty):
                self._woken.get(timeout=left)


def settle(settled: Iterable[tuple[QueuedCommand, Outcome]]) -> None:
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
