"""The outermost ASGI layer: gives each request an id, counts it, logs it and answers faults.

The log line holds the method, the route template, the status and the duration. It never holds the
URL, whose path or query may name a member.
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

REQUEST_ID_HEADER = b"x-request-id"
#: No eleven digits in a row, and none across hyphens but in a UUID; and a letter other than X: no
#: id number or phone number matches.
_LOGGABLE_ID = re.compile(
    rb"(?=.*[a-wyzA-WYZ])(?!.*[0-9]{11})"
    rb"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    rb"|(?!.*(?:[0-9]-*){11})[A-Za-z0-9-]{8,64})"
)
ANSWER_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_LOG_FIELDS = "rongzi.log_fields"
#: On every answer of a demo: the day that it plays on.
DEMO_DAY_HEADER = b"rongzi-demo-day"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def choose_request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the id that the client sent if it can be logged, else a new one."""
    given = next((value for name, value in headers if name == REQUEST_ID_HEADER), b"")
    return given.decode("ascii") if _LOGGABLE_ID.fullmatch(given) else uuid.uuid4().hex


def add_to_log(request: Request, **fields: Any) -> None:
    """Add declared `fields` (`api.core.log.FIELDS`) to the log line of `request`."""
    request.scope.setdefault(_LOG_FIELDS, {}).update(fields)


def get_request_id(request: Request) -> str:
    """Return the id of `request`, which its answer carries as ``X-Request-Id``."""
    return str(request.scope[_LOG_FIELDS]["request_id"])


class RequestLog:
    """The ASGI layer around the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, log it, and answer 500 if the application raises."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        request_id = choose_request_id(scope["headers"])
        scope[_LOG_FIELDS] = {"request_id": request_id}
        service = scope["app"].state.service

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message.get("headers", ())}
                # A file that never changes says itself how long it may be kept.
                added = [each for each in ANSWER_HEADERS if each[0] not in given]
                added.append((REQUEST_ID_HEADER, request_id.encode()))
                # Ask the client to close a persistent connection before the process ends.
                added += [(b"connection", b"close")] if service.draining else []
                if plays_on := service.plays_on:
                    added.append((DEMO_DAY_HEADER, plays_on.isoformat().encode()))
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            _log_fault(error, request_id)
            if not status:
                await problem_response(INTERNAL_ERROR)(scope, receive, send_with_headers)
        finally:
            _log_request(scope, status, time.perf_counter() - began)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "-")
    method = scope["method"] if scope["method"] in METHODS else "?"
    counter, histogram = request_metrics(method, route, status)
    counter.inc()
    histogram.observe(seconds)
    fields = scope[_LOG_FIELDS]
    if kind := fields.get("kind"):
        REFUSALS.labels(kind).inc()
    if not fields.pop("quiet", False):
        log.info(
            "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1),
            **fields,
        )  # fmt: skip


@lru_cache(maxsize=1_024)
def request_metrics(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the counter and the histogram of the answers of one method, route and status."""
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)


def _log_fault(error: Exception, request_id: str) -> None:
    FAULTS.inc()
    # Log the place and not the message, which may quote a row.
    log.error(
        "fault", error=type(error).__qualname__, at=error_location(error), request_id=request_id
    )
