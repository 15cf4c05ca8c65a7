"""The HTTP server (granian) around the application: start, refresh of resources, graceful stop.

A stop fails no request. On SIGTERM, the server's parent sends SIGUSR1 to its workers, which turns
``/ready`` off and asks kept connections to close with their next answer. A moment later it closes
the listener and stops the workers, which finish the requests in work. Without the pause, whatever
routes by ``/ready`` would still send requests.
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

#: Time for a client to send the headers of its request; a slower client is disconnected.
HEAD_SECONDS = 5
#: Time between turning readiness off and closing the listener.
DRAIN_SECONDS = 1.0
#: Time after that for the requests in work to end.
STOP_SECONDS = 20
#: A published card or edition is in use after this time at most, plus the time to read it.
REFRESH_SECONDS = 1.0


def serve(address: str, port: int, workers: int, home: Path) -> None:
    """Serve until the process is stopped.

    The server's own access log stays off, because it prints addresses and queries, which may
    identify a person.
    """
    # Workers are separate processes that read their settings from the environment.
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


def warn_of_root() -> None:
    """Log a warning if this process runs as root.

    A fault of any library would then be a fault of the whole machine, and files that root makes in
    the home are closed to the service's own account.
    """
    if os.geteuid() == 0:
        log.warning("runs as root", why="run the service under an account that owns its home only")


def drain_first(server: Any, seconds: float) -> None:
    """Make granian's `server` signal its workers `seconds` before it stops them.

    A second SIGTERM stops them at once.
    """
    stop = server.signal_handler_interrupt
    is_draining = threading.Event()

    def on_signal(*_: object) -> None:
        if is_draining.is_set():
            stop()
            return
        is_draining.set()
        for worker in server.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, signal.SIGUSR1)
        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()

    server.signal_handler_interrupt = on_signal


@asynccontextmanager
async def drained_on_signal(service: Service) -> AsyncIterator[None]:
    """Turn the readiness of `service` off on the signal of the server's parent."""

    def drain() -> None:
        service.draining = True
        log.info("draining")

    loop = asyncio.get_running_loop()
    # In a test, the application may run on a thread that cannot handle signals.
    with suppress(ValueError, RuntimeError):
        loop.add_signal_handler(signal.SIGUSR1, drain)
    try:
        yield
    finally:
        service.draining = True
        log.info("stopped")


@asynccontextmanager
async def watching(service: Service) -> AsyncIterator[None]:
    """Load the published resources now, and refresh them every second until the end."""
    await asyncio.to_thread(service.refresh)
    watcher = asyncio.create_task(_watch(service, os.getppid()))
    try:
        yield
    finally:
        watcher.cancel()


async def _watch(service: Service, parent: int) -> None:
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        # On another thread, so that requests go on while a new edition is copied and hashed.
        await asyncio.to_thread(service.refresh)
        if os.getppid() != parent:
            # A worker that outlives a killed server would keep the port from the next one.
            log.error("parent gone")
            signal.raise_signal(signal.SIGTERM)


def address_of(host: str) -> str | None:
    """Return the IP address of `host`, which is an address or localhost; else None."""
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
    """Return why the server cannot listen at `address` and `port`, or None if it can.

    Granian itself would crash in its machine code.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        return error.strerror
    return None
