"""The queue of commands to the writer's thread, a group of them run, their outcomes delivered.

A group runs in order on one transaction; each command succeeds or is refused by itself.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from time import monotonic

from sqlalchemy.exc import DBAPIError

from api.ledger.commands import Answer, Authorized, Command, Written, can_run_together
from api.ledger.errors import KeyReusedError
from api.ledger.idempotency import StoredAnswer, stored_answers
from api.ledger.transaction import Transaction

Outcome = Answer | Exception


def run_group(transaction: Transaction, group: Sequence[Authorized]) -> list[Outcome]:
    """Run the commands of `group`; return the answer of each, or the exception that refused it."""
    idempotencies = [each.command.idempotency for each in group]
    scopes = [idempotency.scope for idempotency in idempotencies if idempotency]
    stored = stored_answers(transaction.connection, scopes)
    outcomes: list[Outcome] = []
    neighbours = groupby(group, lambda each: (type(each.command), _is_retry(each.command, stored)))
    for (_, is_retry), run in neighbours:
        if is_retry:
            outcomes += [_answer_retry(each.command, stored) for each in run]
        else:
            outcomes += _run_neighbours(transaction, list(run))
    return outcomes


def _is_retry(command: Command, stored: Mapping[str, StoredAnswer]) -> bool:
    return command.idempotency is not None and command.idempotency.scope in stored


def _answer_retry(command: Command, stored: Mapping[str, StoredAnswer]) -> Outcome:
    assert command.idempotency
    try:
        return stored[command.idempotency.scope].for_retry(command.idempotency)
    except KeyReusedError as refusal:
        return refusal


def _run_neighbours(transaction: Transaction, group: list[Authorized]) -> list[Outcome]:
    commands = [each.command for each in group]
    if can_run_together(commands):
        savepoint = transaction.savepoint()
        try:
            results = type(commands[0]).run_all(transaction, commands)
        except DBAPIError:
            raise
        except Exception:
            # One command is broken; run one by one, the others succeed.
            transaction.roll_back_to(savepoint)
        else:
            return [_append(transaction, *each) for each in zip(group, results, strict=True)]
    return [_run_alone(transaction, each) for each in group]


def _run_alone(transaction: Transaction, authorized: Authorized) -> Outcome:
    savepoint = transaction.savepoint()
    try:
        return _append(transaction, authorized, authorized.command.run(transaction))
    except DBAPIError:
        raise
    except Exception as refusal:
        transaction.roll_back_to(savepoint)
        return refusal


def _append(
    transaction: Transaction, authorized: Authorized, result: Written | Exception
) -> Outcome:
    if isinstance(result, Exception):
        return result
    transaction.append(authorized.command.idempotency, result, authorized.authority)
    return result.answer


Promise = asyncio.Future[Outcome] | Future[Outcome]


@dataclass(frozen=True)
class QueuedCommand:
    """A command and the promise of its outcome; `loop` is None if a plain thread waits for it."""

    authorized: Authorized
    promise: Promise
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def command(self) -> Command:
        """The command without its authority."""
        return self.authorized.command


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
