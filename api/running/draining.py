"""Stopping without a failed request: readiness goes first, then the listener, then the process.

Who routes by ``/ready`` needs a moment to see that it went off, and kept connections are asked to
close with their next answer. So the server's parent passes SIGTERM on as SIGUSR1
(`api.running.stopping`), waits, and only then stops its workers, which finish what they are working
on.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from api.running.logs import log
from api.service import Service


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
