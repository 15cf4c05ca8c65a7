"""The server's parent on SIGTERM: it tells its workers first, and stops them a moment later."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import Any


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
