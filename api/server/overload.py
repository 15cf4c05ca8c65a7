"""How much work is taken on at once: what exceeds it is refused at once, before it is parsed.

A queue that grows without bound answers everybody late and then nobody. So a request that arrives
while `most_in_work` are being worked on is told to come again, mostly by the turnstile already
(`api.server.overload`); what is taken on must end in time. A place is taken on arrival: were it
taken once the body is there, those who arrive together would all be let in and most refused after
they were read. Who has not sent the body a moment later leaves the place to those who are done
sending, and is counted in a bound of its own.

Before everything else: who comes while as much is in work as may be is told so, and no more.

Under overload most requests are refused, so what a refusal costs is taken from those who are
served. It is answered from bytes made beforehand, nothing of the request is read but its path and
the id it brings, and no line is written for it alone.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.core.log import log
from api.core.metrics import IN_WORK, REFUSALS
from api.http.body import ClientGoneError, replayed, whole_body
from api.http.problem_kinds import MALFORMED_BODY, OVERLOADED, TIMED_OUT
from api.http.problems import ProblemError, problem_response
from api.http.request_log import HEADER, HEADERS, METHODS, add_to_log, log_fields, request_id

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

    def tell_refusal(self) -> None:
        """Count a refusal; the log says once a second how many there were."""
        self._refused += 1
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_SECONDS:
            log.warning("overloaded", count=self._refused)
            self._told_at, self._refused = now, 0


class Slot:
    """One of the `load.most_in_work` places; whoever holds it must leave it."""

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
        IN_WORK.inc()
        return True

    def leave(self) -> None:
        """Leave the place, if it is held."""
        if self.is_held:
            self._load.working -= 1
            self.is_held = False
            IN_WORK.dec()


class Turnstile:
    """ASGI layer around all others that refuses while `load` is full."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self.app, self._load = app, load
        made = problem_response(OVERLOADED, headers=RETRY_AFTER)
        self._headers = [*made.raw_headers, *HEADERS]
        self._body = {"type": "http.response.body", "body": made.body}
        self._refusals = REFUSALS.labels(OVERLOADED.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if not self._refuses(scope):
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        named = (HEADER, request_id(scope["headers"]).encode())
        headers = [*self._headers, named]
        await send({"type": "http.response.start", "status": OVERLOADED.status, "headers": headers})
        await send(self._body)
        self._load.tell_refusal()
        self._refusals.inc()
        method = scope["method"] if scope["method"] in METHODS else "?"
        counter, times = log_fields(method, "-", OVERLOADED.status)
        counter.inc()
        times.observe(time.perf_counter() - began)

    def _refuses(self, scope: Scope) -> bool:
        if not self._load.is_full or scope["type"] != "http" or scope["path"] in ALWAYS:
            return False
        # While the process stops, clients are also asked to leave: that is the door's to say.
        return not scope["app"].state.service.draining


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
        place = Slot(self._load)
        try:
            await self._worked_on(place, scope, receive, send)
        except ProblemError as refused:
            add_to_log(Request(scope), kind=refused.kind.name)
            if refused.kind is OVERLOADED:
                add_to_log(Request(scope), quiet=True)
                self._load.tell_refusal()
            headers = RETRY_AFTER if refused.status_code == 503 else None
            await problem_response(refused.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # Gone, or alive behind a broken frame: then it is owed an answer, and not a fault.
            add_to_log(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)
        finally:
            place.leave()

    async def _worked_on(self, place: Slot, scope: Scope, receive: Receive, send: Send) -> None:
        _taken(place)
        if scope["method"] not in _WITHOUT_BODY:
            receive = replayed(await self._body(place, receive), receive)
            _taken(place)
        try:
            async with asyncio.timeout(MOST_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error

    async def _body(self, place: Slot, receive: Receive) -> bytes:
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


def _taken(place: Slot) -> None:
    if not place.take():
        raise ProblemError(OVERLOADED)
