"""Webhook delivery: a cursor for each endpoint follows the ledger in the order of the chain.

An event is sent again until the endpoint accepts it, and only then the next one: at least once, and
in order for every member. The delivering process holds a lock, so that of several processes of one
home only one delivers.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from api.core.log import error_location, log
from api.core.metrics import DEAD_WEBHOOKS, WEBHOOK_RESTARTS
from api.core.settings import Network
from api.ledger.entries import Outline
from api.ledger.errors import LedgerRefusalError
from api.ledger.writer import Ledger
from api.webhooks.endpoints import Endpoint, Endpoints, Progress
from api.webhooks.targets import ForbiddenTargetError, Target, WebhookError, resolve

#: Header names of Standard Webhooks (standardwebhooks.com).
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TIMEOUT_SECONDS = 5.0
#: Entries read from the ledger at once.
_PART = 100


@asynccontextmanager
async def delivering(
    ledger: Ledger, home: Path, allowed: Sequence[Network] = ()
) -> AsyncIterator[None]:
    """Deliver events while the block runs; `allowed` are private networks that may receive."""
    delivery = Delivery(ledger, home, allowed=allowed)
    delivery.start()
    try:
        yield
    finally:
        await asyncio.to_thread(delivery.stop)


class Delivery:
    """One thread for each endpoint of a home, and one that starts, restarts and stops them."""

    def __init__(
        self,
        ledger: Ledger,
        home: Path,
        pace: Pace | None = None,
        allowed: Sequence[Network] = (),
    ) -> None:
        self._ledger, self._endpoints = ledger, Endpoints(home)
        self._pace, self._allowed = pace or Pace(), tuple(allowed)
        self._stopping = threading.Event()
        self._running: dict[Endpoint, tuple[threading.Thread, threading.Event]] = {}
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the threads after the present attempt, which the next start repeats if in doubt."""
        self._stopping.set()
        self._thread.join(self._pace.one_try * 2)

    def _run(self) -> None:
        lock: IO[str] | None = None
        while not self._stopping.is_set():
            if lock is None:
                lock = _lock(self._endpoints.folder)
            if lock is not None:
                try:
                    self._match_endpoints()
                except Exception as error:  # this thread restarts the others, so it must not end
                    _log_fault(error)
            self._stopping.wait(self._pace.idle)
        for endpoint in list(self._running):
            self._stop(endpoint)
        if lock is not None:
            lock.close()

    def _match_endpoints(self) -> None:
        """Run one thread for each endpoint that is configured now."""
        try:
            endpoints = set(self._endpoints.all().values())
        except WebhookError as error:
            log.error("webhooks", why=str(error))
            return
        for endpoint in self._running.keys() - endpoints:
            self._stop(endpoint)
        for endpoint in [e for e, (thread, _) in self._running.items() if not thread.is_alive()]:
            log.error("webhook thread ended", part=endpoint.name)
            WEBHOOK_RESTARTS.inc()
            del self._running[endpoint]
        for endpoint in endpoints - self._running.keys():
            stop = threading.Event()
            thread = threading.Thread(target=self._deliver, args=(endpoint, stop), daemon=True)
            self._running[endpoint] = thread, stop
            thread.start()
        DEAD_WEBHOOKS.set(sum(self._endpoints.progress(e.name).is_dead for e in endpoints))

    def _stop(self, endpoint: Endpoint) -> None:
        thread, stop = self._running.pop(endpoint)
        stop.set()
        thread.join(self._pace.one_try * 2)

    def _deliver(self, endpoint: Endpoint, stop: threading.Event) -> None:
        progress = self._endpoints.progress(endpoint.name)
        while not stop.is_set():
            try:
                progress, wait = self._deliver_part(endpoint, progress, stop)
            except (LedgerRefusalError, OSError):
                wait = self._pace.idle  # the ledger or the disk is away; waiting loses no event
            except Exception as error:
                # The thread ends, and the one that watches it starts another.
                _log_fault(error)
                return
            stop.wait(wait)

    def _deliver_part(
        self, endpoint: Endpoint, progress: Progress, stop: threading.Event
    ) -> tuple[Progress, float]:
        """Send the next entries up to the first failure; return progress and seconds to wait."""
        with self._ledger.read() as view:
            if progress.seq is None:
                progress = replace(progress, seq=view.last_seq)
                self._endpoints.save_progress(endpoint.name, progress)
            entries = view.outlines(progress.seq or 0, _PART)
        for entry in entries:
            if stop.is_set():
                return progress, 0.0
            why = send(endpoint, entry, self._pace.one_try, self._allowed)
            if why is not None:
                progress = Progress(progress.seq, progress.failures + 1, why)
                self._endpoints.save_progress(endpoint.name, progress)
                return progress, self._pace.before_next(progress.failures)
            progress = Progress(entry.seq)
            self._endpoints.save_progress(endpoint.name, progress)
        return progress, 0.0 if len(entries) == _PART else self._pace.idle


def _lock(folder: Path) -> IO[str] | None:
    """Return the lock of delivery; None if another process has it or no endpoint was ever added."""
    if not folder.is_dir():
        return None
    try:
        file = (folder / "lock").open("w")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


@dataclass(frozen=True)
class Pace:
    """Seconds between reads, before the first and the longest repetition, and for one attempt."""

    idle: float = 1.0
    first: float = 1.0
    longest: float = 900.0
    one_try: float = TIMEOUT_SECONDS

    def before_next(self, failures: int) -> float:
        """Return the seconds to wait: doubled with each failure in a row, minus up to half."""
        doubled = min(self.first * 2.0 ** min(failures - 1, 30), self.longest)
        return doubled * random.uniform(0.5, 1.0)


def event_body(entry: Outline) -> bytes:
    """Return the event of an entry, which contains no note, no profile and no identity."""
    event = {
        "event_id": entry.entry_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at,
        "decision_id": entry.decision_id,
        "subject_id": entry.subject_id,
        "place_code": entry.place_code,
        "amount_yuan": entry.amount_yuan,
        "outcome": entry.outcome,
    }
    return json.dumps(event, separators=(",", ":")).encode()


def signature(endpoint: Endpoint, event_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header.

    As in Standard Webhooks, it is the base64 of the HMAC-SHA256 over event id, timestamp and body,
    joined by dots. Any library of that standard verifies it.
    """
    content = f"{event_id}.{timestamp}.".encode() + body
    signed = hmac.new(endpoint.key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def send(
    endpoint: Endpoint,
    entry: Outline,
    seconds: float = TIMEOUT_SECONDS,
    allowed: Sequence[Network] = (),
) -> str | None:
    """Send one event; return None if it was accepted, else a declared reason."""
    try:
        target = resolve(endpoint.url, allowed)
    except ForbiddenTargetError:
        return "forbidden"
    except (OSError, UnicodeError):
        return "unreachable"
    return _post(target, endpoint, entry, seconds)


def _post(target: Target, endpoint: Endpoint, entry: Outline, seconds: float) -> str | None:
    body, timestamp = event_body(entry), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        ID: entry.entry_id,
        TIMESTAMP: timestamp,
        SIGNATURE: signature(endpoint, entry.entry_id, timestamp, body),
    }
    parts = urlsplit(endpoint.url)
    connection = target.connect(seconds)
    try:
        # Follow no redirect: a signed event goes to the operator's address and nowhere else.
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except TimeoutError:
        return "timeout"
    except (OSError, http.client.HTTPException):
        return "unreachable"
    finally:
        connection.close()
    return None if 200 <= status < 300 else f"status {status}"


def _log_fault(error: Exception) -> None:
    # Log the place and not the message, which may quote an entry.
    log.error("fault", error=type(error).__qualname__, at=error_location(error))
