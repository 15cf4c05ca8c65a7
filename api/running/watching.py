"""The service's own clock: takes up what is published, and ends with its parent."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.running.logs import log
from api.service import Service

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
