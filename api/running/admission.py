"""How much work is taken on at once: what exceeds it is refused at once, before it is parsed.

A queue that grows without bound answers everybody late and then nobody. So a request that arrives
while `most_in_work` are being worked on is told to come again; what is taken on must end in time. A
place is taken on arrival: were it taken once the body is there, those who arrive together would all
be let in and most refused after they were read. Who has not sent the body a moment later leaves the
place to those who are done sending, and is counted in a bound of its own.

Under overload most requests are refused, so what a refusal costs is taken from those who are
served: it is answered from bytes made beforehand, and no line is written for it alone.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.problems import ProblemError, problem_response
from api.running.body import ClientGoneError, replayed, whole_body
from api.running.door import note
from api.running.load import Load, Place

RETRY_AFTER = {"Retry-After": "1"}
#: Answered whatever the load: those who watch the service must not be told to come again.
ALWAYS = frozenset({"/live", "/ready", "/metrics"})
#: Requests whose body is still on its way.
MOST_SENDING = 512
#: Who has not sent the body so long after the head leaves the place to others.
PROMPT_SECONDS = 0.05
#: A request must be answered this many seconds after it was taken on.
MOST_WORK_SECONDS = 15.0
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """ASGI layer that bounds the work behind it."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self.app, self._load = app, load
        self._overloaded = problem_response(OVERLOADED, headers=RETRY_AFTER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(_as_get(scope), receive, send)
            return
        place = Place(self._load)
        if not place.take():
            await self._refuse(scope, receive, send)
            return
        try:
            await self._worked_on(place, scope, receive, send)
        except ProblemError as refused:
            if refused.kind is OVERLOADED:
                await self._refuse(scope, receive, send)
                return
            note(Request(scope), kind=refused.kind.name)
            headers = RETRY_AFTER if refused.status_code == 503 else None
            await problem_response(refused.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # Gone, or alive behind a broken frame: then it is owed an answer, and not a fault.
            note(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)
        finally:
            place.leave()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        note(Request(scope), kind=OVERLOADED.name, quiet=True)
        self._load.tell_refusal()
        await self._overloaded(scope, receive, send)

    async def _worked_on(self, place: Place, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _WITHOUT_BODY:
            receive = replayed(await self._body(place, receive), receive)
            if not place.take():
                raise ProblemError(OVERLOADED)
        try:
            async with asyncio.timeout(MOST_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error

    async def _body(self, place: Place, receive: Receive) -> bytes:
        if self._load.sending >= MOST_SENDING:
            raise ProblemError(OVERLOADED)
        self._load.sending += 1
        slow = asyncio.get_running_loop().call_later(PROMPT_SECONDS, place.leave)
        try:
            return await whole_body(receive)
        finally:
            slow.cancel()
            self._load.sending -= 1


def _as_get(scope: Scope) -> Scope:
    """Let watchers ask by HEAD too; the server leaves the body out, as HTTP wants it."""
    if scope.get("method") == "HEAD":
        scope["method"] = "GET"
    return scope
