"""The outermost layer: names each request, counts it, logs one line, and lets no fault past.

A line holds the method, the route's template, the status and the time taken: never the address as
sent, which may hold a member id, nor its query.

The name of one request, in the log and in the answer's ``X-Request-Id``.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.core.log import error_location, log
from api.core.metrics import FAULTS, REFUSALS, REQUEST_SECONDS, REQUESTS
from api.http.problem_kinds import INTERNAL_ERROR
from api.http.problems import problem_response

HEADER = b"x-request-id"
# A letter besides X and no eleven digits in a row: neither an id number nor a phone number fits.
_SANE = re.compile(rb"(?=.*[a-wyzA-WYZ])(?!.*[0-9]{11})[A-Za-z0-9-]{8,64}")


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the caller's own id if it sent one that can be logged, else a new one."""
    given = next((value for name, value in headers if name == HEADER), b"")
    return given.decode("ascii") if _SANE.fullmatch(given) else uuid.uuid4().hex


HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_NOTES = "rongzi.notes"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def add_to_log(request: Request, **told: Any) -> None:
    """Add declared fields (`api.core.log.FIELDS`) to the line of `request`."""
    request.scope.setdefault(_NOTES, {}).update(told)


def request_id_of(request: Request) -> str:
    """Return the name of `request`, as its answer's ``X-Request-Id`` says it."""
    return str(request.scope[_NOTES]["request_id"])


class RequestLog:
    """ASGI layer around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, log it, and answer 500 if the application broke."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        name = request_id(scope["headers"])
        scope[_NOTES] = {"request_id": name}
        service = scope["app"].state.service

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [*HEADERS, (HEADER, name.encode())]
                # A kept connection would be cut at the end, so the client is asked to leave.
                added += [(b"connection", b"close")] if service.draining else []
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            _tell_fault(error, name)
            if not status:
                await problem_response(INTERNAL_ERROR)(scope, receive, watched)
        finally:
            _tell(scope, status, time.perf_counter() - began)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "-")
    method = scope["method"] if scope["method"] in METHODS else "?"
    counter, times = log_fields(method, route, status)
    counter.inc()
    times.observe(seconds)
    notes = scope[_NOTES]
    if kind := notes.get("kind"):
        REFUSALS.labels(kind).inc()
    if not notes.pop("quiet", False):
        log.info(
            "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1),
            **notes,
        )  # fmt: skip


@lru_cache(maxsize=1_024)
def log_fields(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts and times the answers of one route, status and method."""
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)


def _tell_fault(error: Exception, name: str) -> None:
    FAULTS.inc()
    # Where it broke, not what it said: a message may quote a row.
    log.error("fault", error=type(error).__qualname__, at=error_location(error), request_id=name)
