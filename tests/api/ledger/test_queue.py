"""The queue loses no command and wakes its consumer once for a group."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from api.ledger.commands import Authorized, Command
from api.ledger.queue import Queue, QueuedCommand


def _queued(name: object) -> QueuedCommand:
    return QueuedCommand(Authorized(cast(Command, name)), Future())


def _names(group: list[QueuedCommand]) -> list[Any]:
    return [each.command for each in group]


def _in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    return thread, found


def test_a_single_command_is_taken_after_the_wait_for_others() -> None:
    queue = Queue()
    queue.put(_queued("alone"))
    assert _names(queue.take_group(64, 8, 0.01)) == ["alone"]


def test_the_expected_commands_are_taken_together_and_in_order() -> None:
    queue = Queue()
    thread, found = _in_thread(lambda: _names(queue.take_group(64, 8, 60.0)))
    for number in range(8):
        queue.put(_queued(number))
    thread.join(10)
    assert found == [list(range(8))]


def test_a_group_is_bounded_and_the_rest_stays_queued() -> None:
    queue = Queue()
    for number in range(10):
        queue.put(_queued(number))
    assert _names(queue.take_group(4, 10, 60.0)) == [0, 1, 2, 3]
    assert len(queue) == 6
    assert _names(queue.take_group(64, 6, 60.0)) == [4, 5, 6, 7, 8, 9]


def test_commands_queued_at_the_end_are_taken_and_then_none() -> None:
    queue = Queue()
    queue.put(_queued("last"))
    queue.close()
    assert _names(queue.take_group(64, 8, 60.0)) == ["last"]
    assert queue.take_group(64, 8, 60.0) == []


def test_closing_the_queue_wakes_the_waiting_thread() -> None:
    queue = Queue()
    thread, found = _in_thread(lambda: queue.take_group(64, 8, 60.0))
    queue.close()
    thread.join(10)
    assert found == [[]]


def test_of_concurrent_puts_none_is_lost_or_taken_twice() -> None:
    queue, senders, each = Queue(), 8, 500

    def take_until_closed() -> list[Any]:
        found: list[Any] = []
        # The expected number is wrong most of the time, as in a running service.
        while group := queue.take_group(16, len(found) % 7 + 1, 0.0005):
            found += _names(group)
        return found

    thread, found = _in_thread(take_until_closed)
    put = [
        _in_thread(lambda start=start: [queue.put(_queued((start, n))) for n in range(each)])[0]
        for start in range(senders)
    ]
    for sender in put:
        sender.join(30)
    queue.close()
    thread.join(30)
    (names,) = found
    assert sorted(names) == [(start, n) for start in range(senders) for n in range(each)]
    # The order of each sender is preserved.
    assert all([n for s, n in names if s == start] == list(range(each)) for start in range(senders))
