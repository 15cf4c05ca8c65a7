"""How much work is taken on at once: what exceeds it is refused at once, before it is parsed.

A queue that grows without bound answers everybody late and then nobody. So a request that arrives
while `most_in_work` are being worked on is told to come again, mostly by the turnstile already
(`api.running.turnstile`); a body is awaited outside that count, in a bound of its own, so that slow
senders cannot take the places of those who are done sending; and what is taken on must end in time.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.problems import ProblemError, problem_response
from api.running.body import ClientGoneError, replayed, whole_body
from api.running.door import note
from api.running.metrics import IN_WORK
from api.running.turnstile import ALWAYS, RETRY_AFTER, Load

#: Requests whose body is still on its way.
MOST_SENDING = 512
#: A request must be answered this many seconds after it was taken on.
MOST_WORK_SECONDS = 15.0
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """ASGI layer that bounds the work behind it."""

    def __init__(self, app: ASGIApp, most_in_work: int, load: Load | None = None) -> None:
        self.app = app
        self._load = load or Load(most_in_work)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        try:
            if scope["method"] not in _WITHOUT_BODY:
                receive = replayed(await self._body(receive), receive)
            await self._work(scope, receive, send)
        except ProblemError as refused:
            note(Request(scope), kind=refused.kind.name)
            if refused.kind is OVERLOADED:
                note(Request(scope), quiet=True)
                self._load.tell_refusal()
            headers = RETRY_AFTER if refused.status_code == 503 else None
            await problem_response(refused.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # Gone, or alive behind a broken frame: then it is owed an answer, and not a fault.
            note(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)

    async def _body(self, receive: Receive) -> bytes:
        if self._load.sending >= MOST_SENDING or self._load.is_full:
            raise ProblemError(OVERLOADED)
        self._load.sending += 1
        try:
            return await whole_body(receive)
        finally:
            self._load.sending -= 1

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._load.is_full:
            raise ProblemError(OVERLOADED)
        self._load.working += 1
        IN_WORK.inc()
        try:
            async with asyncio.timeout(MOST_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error
        finally:
            self._load.working -= 1
            IN_WORK.dec()
