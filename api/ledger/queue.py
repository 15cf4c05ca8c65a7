"""The queue of commands to the writer's thread, and the delivery of their outcomes."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

from api.ledger.commands import Command
from api.ledger.group import Outcome

Promise = asyncio.Future[Outcome] | Future[Outcome]


@dataclass(frozen=True)
class QueuedCommand:
    """A command and the promise of its outcome; `loop` is None if a plain thread waits for it."""

    command: Command
    promise: Promise
    loop: asyncio.AbstractEventLoop | None = None


#: More than the queue can hold: the thread is busy and is not woken.
_NOT_WAITING = sys.maxsize


class Queue:
    """A queue that any thread may fill and one thread empties, in groups.

    The consumer wakes once for a group and not for each command: each wake-up takes the
    interpreter lock from the event loop, which has more requests to read.
    """

    def __init__(self) -> None:
        self._items: deque[QueuedCommand] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._wake_at = _NOT_WAITING
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: QueuedCommand) -> None:
        """Add `item`, and wake the consumer if the queue is as long as it waits for."""
        self._items.append(item)
        if len(self._items) >= self._wake_at:
            self._wake_at = _NOT_WAITING
            self._wake.put(None)

    def close(self) -> None:
        """Let the consumer take the remaining commands and then end."""
        self._is_closed = True
        self._wake.put(None)

    def take_group(self, limit: int, expected: int, seconds: float) -> list[QueuedCommand]:
        """Wait for commands and return at most `limit` of them; none after `close`.

        Most of the cost of a group does not depend on its size. So wait for `expected` commands, at
        most `seconds`: clients that were just answered send the next request soon.
        """
        self._wait_for(1, None)
        self._wait_for(min(limit, expected), monotonic() + seconds)
        self._wake_at = _NOT_WAITING
        return [self._items.popleft() for _ in range(min(limit, len(self._items)))]

    def take_all(self) -> list[QueuedCommand]:
        """Return all commands in the queue without waiting."""
        return [self._items.popleft() for _ in range(len(self._items))]

    def _wait_for(self, count: int, deadline: float | None) -> None:
        while True:
            # Set the threshold before checking the queue, so that a concurrent put either sees it
            # or is seen by the check. Set it again each time: a late put may have reset it.
            self._wake_at = count
            if len(self._items) >= count or self._is_closed:
                return
            remaining = None if deadline is None else deadline - monotonic()
            if remaining is not None and remaining <= 0:
                return
            with suppress(Empty):
                self._wake.get(timeout=remaining)


def deliver_outcomes(outcomes: Iterable[tuple[QueuedCommand, Outcome]]) -> None:
    """Fulfil the promises, with one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[Promise, Outcome]]]
    by_loop = defaultdict(list)
    for queued, outcome in outcomes:
        by_loop[queued.loop].append((queued.promise, outcome))
    for loop, pairs in by_loop.items():
        if loop is None:
            _fulfil(pairs)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_fulfil, pairs)


def _fulfil(pairs: Iterable[tuple[Promise, Outcome]]) -> None:
    for promise, outcome in pairs:
        # The promise is cancelled if the client disconnected; the command stays committed.
        if not promise.done():
            promise.set_result(outcome)
