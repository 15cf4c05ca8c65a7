"""The outermost layer: one line a request without personal data, and no fault gets past it.

A line holds the method, the route's template, the status and the time taken: never the address as
sent, which may hold a member id, nor its query.
"""

from __future__ import annotations

import logging
import time
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_kinds import INTERNAL_ERROR
from api.problems import problem_response

log = logging.getLogger("rongzi.access")
_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class AccessLog:
    """ASGI layer around the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, log it, and answer 500 if the application broke."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            _log_fault(error)
            if not status:
                await problem_response(INTERNAL_ERROR)(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            took = (time.perf_counter() - began) * 1000
            log.info("%s %s %d %.1f ms", _method(scope), route, status, took)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method.isalpha() and len(method) <= 10 else "?"


def _log_fault(error: Exception) -> None:
    # Where it broke, not what it said: a message may quote a row.
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("fault %s\n%s", type(error).__qualname__, frames)
