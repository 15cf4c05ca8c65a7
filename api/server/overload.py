"""How much work the service takes on at once; what exceeds it is refused before it is parsed.

A queue without a bound first answers every client late and then none. So a request that arrives
while `most_in_work` requests are in work is refused, and an accepted one must end in time. A
request takes a slot when it arrives: if it took one once its body is there, requests that arrive
together would all be read and most of them then refused. A client that sends no body within
`PROMPT_SECONDS` gives its slot back until the body is there, and is counted against a bound of its
own (`MOST_SENDING`).

Under overload most requests are refused, and every refusal takes time from the requests that are
served. So a refusal is sent from prepared bytes, and the log counts refusals once a second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.core.log import log
from api.core.metrics import REQUESTS_IN_PROGRESS
from api.http.body import ClientGoneError, read_body, replay_body
from api.http.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.http.problems import ProblemError, problem_response
from api.http.request_log import add_to_log

RETRY_AFTER = {"Retry-After": "1"}
#: Answered whatever the load: those who watch the service must not be told to come again.
ALWAYS = frozenset({"/live", "/ready", "/metrics"})
_TELL_EVERY_SECONDS = 1.0


@dataclass
class Load:
    """How much is being done now, of how much may be.

    Attributes
    ----------
    most_in_work : int
        Requests worked on at once; more are told to come again.
    working, sending : int
        Requests worked on, and requests whose body is on its way.
    """

    most_in_work: int
    working: int = 0
    sending: int = 0
    _refused: int = 0
    _told_at: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is worked on now."""
        return self.working >= self.most_in_work

    def count_refusal(self) -> None:
        """Count a refusal; the log says once a second how many there were."""
        self._refused += 1
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_SECONDS:
            log.warning("overloaded", count=self._refused)
            self._told_at, self._refused = now, 0


class Slot:
    """One of the `load.most_in_work` slots; a request that holds one must leave it."""

    __slots__ = ("_load", "is_held")

    def __init__(self, load: Load) -> None:
        self._load, self.is_held = load, False

    def take(self) -> bool:
        """Take the place unless it is held already; False where none is left."""
        if self.is_held:
            return True
        if self._load.is_full:
            return False
        self._load.working += 1
        self.is_held = True
        REQUESTS_IN_PROGRESS.inc()
        return True

    def leave(self) -> None:
        """Leave the place, if it is held."""
        if self.is_held:
            self._load.working -= 1
            self.is_held = False
            REQUESTS_IN_PROGRESS.dec()


#: Requests whose body is still on its way.
MOST_SENDING = 512
#: Who has not sent the body so long after the head leaves the place to others.
PROMPT_SECONDS = 0.05
#: A request must be answered this many seconds after it was taken on.
MOST_WORK_SECONDS = 15.0
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Overload:
    """ASGI layer that bounds the work behind it."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self.app, self._load = app, load
        self._overloaded = problem_response(OVERLOADED, headers=RETRY_AFTER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(_as_get(scope), receive, send)
            return
        slot = Slot(self._load)
        if not slot.take():
            await self._refuse(scope, receive, send)
            return
        try:
            await self._worked_on(slot, scope, receive, send)
        except ProblemError as refused:
            if refused.kind is OVERLOADED:
                await self._refuse(scope, receive, send)
                return
            add_to_log(Request(scope), kind=refused.kind.name)
            headers = RETRY_AFTER if refused.status_code == 503 else None
            await problem_response(refused.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # Gone, or alive behind a broken frame: then it is owed an answer, and not a fault.
            add_to_log(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)
        finally:
            slot.leave()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        add_to_log(Request(scope), kind=OVERLOADED.name, quiet=True)
        self._load.count_refusal()
        await self._overloaded(scope, receive, send)

    async def _worked_on(self, slot: Slot, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _WITHOUT_BODY:
            receive = replay_body(await self._body(slot, receive), receive)
            if not slot.take():
                raise ProblemError(OVERLOADED)
        try:
            async with asyncio.timeout(MOST_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error

    async def _body(self, slot: Slot, receive: Receive) -> bytes:
        if self._load.sending >= MOST_SENDING:
            raise ProblemError(OVERLOADED)
        self._load.sending += 1
        slow = asyncio.get_running_loop().call_later(PROMPT_SECONDS, slot.leave)
        try:
            return await read_body(receive)
        finally:
            slow.cancel()
            self._load.sending -= 1


def _as_get(scope: Scope) -> Scope:
    """Let watchers ask by HEAD too; the server leaves the body out, as HTTP wants it."""
    if scope.get("method") == "HEAD":
        scope["method"] = "GET"
    return scope
