"""How much work is taken on at once: what exceeds it is refused at once, before it is parsed.

A queue that grows without bound answers everybody late and then nobody. So a request that arrives
while `most_in_work` are being worked on is told to come again, mostly by the turnstile already
(`api.running.turnstile`); what is taken on must end in time. A place is taken on arrival: were it
taken once the body is there, those who arrive together would all be let in and most refused after
they were read. Who has not sent the body a moment later leaves the place to those who are done
sending, and is counted in a bound of its own.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.problems import ProblemError, problem_response
from api.running.body import ClientGoneError, replayed, whole_body
from api.running.door import note
from api.running.turnstile import ALWAYS, RETRY_AFTER, Load, Place

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(_as_get(scope), receive, send)
            return
        place = Place(self._load)
        try:
            await self._worked_on(place, scope, receive, send)
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
        finally:
            place.leave()

    async def _worked_on(self, place: Place, scope: Scope, receive: Receive, send: Send) -> None:
        _taken(place)
        if scope["method"] not in _WITHOUT_BODY:
            receive = replayed(await self._body(place, receive), receive)
            _taken(place)
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


def _taken(place: Place) -> None:
    if not place.take():
        raise ProblemError(OVERLOADED)
