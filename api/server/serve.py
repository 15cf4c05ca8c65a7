"""The HTTP server around the application: granian, which cuts slow clients.

The server's parent on SIGTERM: it tells its workers first, and stops them a moment later.

The service's own clock: takes up what is published, and ends with its parent.

Stopping without a failed request: readiness goes first, then the listener, then the process.

Who routes by ``/ready`` needs a moment to see that it went off, and kept connections are asked to
close with their next answer. So the server's parent passes SIGTERM on as SIGUSR1
(`api.server.serve`), waits, and only then stops its workers, which finish what they are working
on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from api.core.log import LOGGING, log
from api.core.settings import HOME
from api.core.workers import share_metrics

if TYPE_CHECKING:
    # Importing it would load prometheus-client too early: see `api.core.workers`.
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


def drain_first(server: Any, seconds: float) -> None:
    """Make granian's `server` announce its end to its workers `seconds` before it stops them.

    A second SIGTERM stops at once.
    """
    stop = server.signal_handler_interrupt
    told = threading.Event()

    def on_signal(*_: object) -> None:
        if told.is_set():
            stop()
            return
        told.set()
        for worker in server.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, signal.SIGUSR1)
        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()

    server.signal_handler_interrupt = on_signal


#: A client has this long to send its request's head.
HEAD_SECONDS = 5
#: Readiness is off for this long before the listener closes.
DRAIN_SECONDS = 1.0
#: What is being worked on has this long to end after that.
STOP_SECONDS = 20


def address_of(host: str) -> str | None:
    """Return the IP address `host` stands for: an address itself, or localhost; else None."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach `address`."""
    return ipaddress.ip_address(address).is_loopback


def why_taken(address: str, port: int) -> str | None:
    """Return why nobody can listen at `address` and `port` now, or None.

    The server itself tells it by a crash in its machine code.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        return error.strerror
    return None


def serve(address: str, port: int, workers: int, home: Path) -> None:
    """Serve until the process is told to stop.

    The server's own access log stays off: it prints addresses and queries, which may name a person.
    """
    # Workers are processes of their own; they read their settings from the environment.
    os.environ[HOME] = str(home)
    if workers > 1:
        share_metrics()
    server = Granian(
        "api.server.app:create_app",
        address=address,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        websockets=False,
        factory=True,
        log_access=False,
        log_dictconfig=LOGGING,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        process_name=None,
    )
    drain_first(server, DRAIN_SECONDS)
    server.serve()
