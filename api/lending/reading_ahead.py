"""The fold over the ledger begun when the service starts, so that nobody waits for all of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

from api.ledger.writer import Ledger
from api.lending.tally import Tally
from api.problems import ProblemError


@contextlib.asynccontextmanager
async def reading_ahead(ledger: Ledger, tally: Tally) -> AsyncIterator[None]:
    """Let `tally` follow `ledger` on a thread of its own; the block's end stops it."""
    stop = threading.Event()
    reading = asyncio.create_task(asyncio.to_thread(read_ahead, ledger, tally, stop))
    try:
        yield
    finally:
        stop.set()
        await reading


def read_ahead(ledger: Ledger, tally: Tally, stop: threading.Event) -> None:
    """Follow the ledger to its end, a stretch at a time.

    With the database away nothing is read ahead: whoever asks later has it read then.
    """
    with contextlib.suppress(ProblemError):
        more = True
        while more and not stop.is_set():
            with ledger.read() as view:
                more = tally.follow(view)
