"""The service's own clock: takes up what is published, and ends with its parent.

Stopping without a failed request: readiness goes first, then the listener, then the process.

Who routes by ``/ready`` needs a moment to see that it went off, and kept connections are asked to
close with their next answer. So the server's parent passes SIGTERM on as SIGUSR1
(`api.server.serve`), waits, and only then stops its workers, which finish what they are working
on.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from api.core.log import log
from api.editions.in_use import Service


@asynccontextmanager
async def drained_on_signal(service: Service) -> AsyncIterator[None]:
    """Turn the readiness of `service` off when the server's parent says so."""

    def drain() -> None:
        service.draining = True
        log.info("draining")

    loop = asyncio.get_running_loop()
    # An application inside another's process, as in a test, may live on a thread without signals.
    with suppress(ValueError, RuntimeError):
        loop.add_signal_handler(signal.SIGUSR1, drain)
    try:
        yield
    finally:
        service.draining = True
        log.info("stopped")


#: A published card or edition is in use at most this much later, plus the time to read it.
EVERY_SECONDS = 1.0


@asynccontextmanager
async def watching(service: Service) -> AsyncIterator[None]:
    """Look at what is published now, and again every second until the end."""
    await asyncio.to_thread(service.look)
    watcher = asyncio.create_task(_watch(service, os.getppid()))
    try:
        yield
    finally:
        watcher.cancel()


async def _watch(service: Service, parent: int) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        # On a thread of its own: requests go on while a new edition is copied and hashed.
        await asyncio.to_thread(service.look)
        if os.getppid() != parent:
            # Left over from a killed server it would hold the port against the next one.
            log.error("parent gone")
            signal.raise_signal(signal.SIGTERM)
