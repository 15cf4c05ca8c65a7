"""The HTTP server around the application: granian, which cuts slow clients.

The server's parent on SIGTERM: it tells its workers first, and stops them a moment later.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from api.core.log import LOGGING
from api.core.metrics import share_metrics
from api.core.settings import HOME


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
