"""How much work is taken on at once: what exceeds it is refused at once, before it is parsed.

A queue that grows without bound answers everybody late and then nobody. So a request that arrives
while `most_in_work` are being worked on is told to come again; a body is awaited outside that
count, in a bound of its own, so that slow senders cannot take the places of those who are done
sending; and what is taken on must end in time.
"""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.problems import ProblemError, problem_response
from api.running.body import ClientGoneError, replayed, whole_body
from api.running.door import note
from api.running.logs import log
from api.running.metrics import IN_WORK

#: Requests whose body is still on its way.
MOST_SENDING = 512
#: A request must be answered this many seconds after it was taken on.
MOST_WORK_SECONDS = 15.0
RETRY_AFTER = {"Retry-After": "1"}

#: Answered whatever the load: those who watch the service must not be told to come again.
_ALWAYS = frozenset({"/live", "/ready", "/metrics"})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_TELL_EVERY_SECONDS = 1.0


class Admission:
    """ASGI layer that bounds the work behind it."""

    def __init__(self, app: ASGIApp, most_in_work: int) -> None:
        self.app = app
        self._most = most_in_work
        self._sending = 0
        self._working = 0
        self._refused = 0
        self._told = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self.app(scope, receive, send)
            return
        try:
            if scope["method"] not in _WITHOUT_BODY:
                receive = replayed(await self._body(receive), receive)
            await self._work(scope, receive, send)
        except ProblemError as refused:
            note(Request(scope), kind=refused.kind.name)
            if refused.kind is OVERLOADED:
                self._tell_overload(scope)
            headers = RETRY_AFTER if refused.status_code == 503 else None
            await problem_response(refused.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # Gone, or alive behind a broken frame: then it is owed an answer, and not a fault.
            note(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)

    async def _body(self, receive: Receive) -> bytes:
        if self._sending >= MOST_SENDING or self._working >= self._most:
            raise ProblemError(OVERLOADED)
        self._sending += 1
        try:
            return await whole_body(receive)
        finally:
            self._sending -= 1

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._working >= self._most:
            raise ProblemError(OVERLOADED)
        self._working += 1
        IN_WORK.inc()
        try:
            async with asyncio.timeout(MOST_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error
        finally:
            self._working -= 1
            IN_WORK.dec()

    def _tell_overload(self, scope: Scope) -> None:
        # One line a second for all of them: refusing must stay cheaper than serving.
        note(Request(scope), quiet=True)
        self._refused += 1
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_SECONDS:
            log.warning("overloaded", count=self._refused)
            self._told, self._refused = now, 0
