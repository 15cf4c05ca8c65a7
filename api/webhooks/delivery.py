"""Delivery: the ledger read in the order of the chain behind a cursor for each endpoint.

An event is repeated until it is receipted, and only then comes the next: at least once, in order
for every member. A process holds a lock while it delivers, so that several of one home do not.

One event on its way: its body, its signature, one attempt to hand it over.
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
import ssl
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from api.core.log import log
from api.core.metrics import DEAD_WEBHOOKS
from api.ledger.entries import Outline
from api.ledger.errors import LedgerRefusalError
from api.ledger.writer import Ledger
from api.webhooks.endpoints import Endpoint, Endpoints, Progress, WebhookError

#: Header names of Standard Webhooks (standardwebhooks.com).
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECONDS = 5.0


def event_body(entry: Outline) -> bytes:
    """Return what others are told of an entry: no note, no profile, nobody's identity."""
    told = {
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
    return json.dumps(told, separators=(",", ":")).encode()


def signature(endpoint: Endpoint, event_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header.

    By Standard Webhooks: the base64 of HMAC-SHA256 over event id, timestamp and body, joined by
    dots, so that any library of that standard verifies it.
    """
    content = f"{event_id}.{timestamp}.".encode() + body
    signed = hmac.new(endpoint.key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def send(endpoint: Endpoint, entry: Outline, seconds: float = SECONDS) -> str | None:
    """Hand over one event; return None for a receipt, else why not, in declared words."""
    body, timestamp = event_body(entry), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        ID: entry.entry_id,
        TIMESTAMP: timestamp,
        SIGNATURE: signature(endpoint, entry.entry_id, timestamp, body),
    }
    parts = urlsplit(endpoint.url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, seconds)
    try:
        # Redirects are not followed: a signed event goes where the operator said, nowhere else.
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except TimeoutError:
        return "timeout"
    except (OSError, http.client.HTTPException):
        return "unreachable"
    finally:
        connection.close()
    return None if 200 <= status < 300 else f"status {status}"


def _connection(
    scheme: str, host: str, port: int | None, seconds: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=seconds)


_PART = 100


@dataclass(frozen=True)
class Pace:
    """Seconds between looks, before the first repetition, at most between two, and for one try."""

    idle: float = 1.0
    first: float = 1.0
    most: float = 900.0
    one_try: float = SECONDS

    def before_next(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row: doubling, less up to half."""
        doubled = min(self.first * 2.0 ** min(failures - 1, 30), self.most)
        return doubled * random.uniform(0.5, 1.0)


class Delivery:
    """All endpoints of a home, a thread each, under one that keeps their number right."""

    def __init__(self, ledger: Ledger, home: Path, pace: Pace | None = None) -> None:
        self._ledger, self._endpoints = ledger, Endpoints(home)
        self._pace = pace or Pace()
        self._stopping = threading.Event()
        self._running: dict[Endpoint, tuple[threading.Thread, threading.Event]] = {}
        self._thread = threading.Thread(target=self._keep, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; an attempt under way is waited for, and repeated at the next start if in doubt."""
        self._stopping.set()
        self._thread.join(self._pace.one_try * 2)

    def _keep(self) -> None:
        lock: IO[str] | None = None
        while not self._stopping.is_set():
            if lock is None:
                lock = _locked(self._endpoints.folder)
            if lock is not None:
                self._match()
            self._stopping.wait(self._pace.idle)
        for endpoint in list(self._running):
            self._end(endpoint)
        if lock is not None:
            lock.close()

    def _match(self) -> None:
        """Run one thread for each endpoint that is written down now."""
        try:
            wanted = set(self._endpoints.all().values())
        except WebhookError as error:
            log.error("webhooks", why=str(error))
            return
        for endpoint in self._running.keys() - wanted:
            self._end(endpoint)
        for endpoint in wanted - self._running.keys():
            stop = threading.Event()
            thread = threading.Thread(target=self._serve, args=(endpoint, stop), daemon=True)
            self._running[endpoint] = thread, stop
            thread.start()
        DEAD_WEBHOOKS.set(sum(self._endpoints.progress(e.name).is_dead for e in wanted))

    def _end(self, endpoint: Endpoint) -> None:
        thread, stop = self._running.pop(endpoint)
        stop.set()
        thread.join(self._pace.one_try * 2)

    def _serve(self, endpoint: Endpoint, stop: threading.Event) -> None:
        progress = self._endpoints.progress(endpoint.name)
        while not stop.is_set():
            try:
                progress, wait = self._advance(endpoint, progress, stop)
            except (LedgerRefusalError, OSError):
                wait = self._pace.idle  # the ledger or the disk is away; nothing is lost by waiting
            stop.wait(wait)

    def _advance(
        self, endpoint: Endpoint, progress: Progress, stop: threading.Event
    ) -> tuple[Progress, float]:
        """Hand over what waits, up to the first failure; return progress and how long to wait."""
        with self._ledger.read() as view:
            if progress.seq is None:
                progress = replace(progress, seq=view.last_seq)
                self._endpoints.keep(endpoint.name, progress)
            waiting = view.outlines(progress.seq or 0, _PART)
        for entry in waiting:
            if stop.is_set():
                return progress, 0.0
            why = send(endpoint, entry, self._pace.one_try)
            if why is not None:
                progress = Progress(progress.seq, progress.failures + 1, why)
                self._endpoints.keep(endpoint.name, progress)
                return progress, self._pace.before_next(progress.failures)
            progress = Progress(entry.seq)
            self._endpoints.keep(endpoint.name, progress)
        return progress, 0.0 if len(waiting) == _PART else self._pace.idle


@asynccontextmanager
async def delivering(ledger: Ledger, home: Path) -> AsyncIterator[None]:
    """Deliver events as long as the service runs."""
    delivery = Delivery(ledger, home)
    delivery.start()
    try:
        yield
    finally:
        await asyncio.to_thread(delivery.stop)


def _locked(folder: Path) -> IO[str] | None:
    """Return the lock of delivery, or None while another process holds it or none is needed."""
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
