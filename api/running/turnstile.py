"""Before everything else: who comes while as much is in work as may be is told so, and no more.

Under overload most requests are refused, so what a refusal costs is taken from those who are
served. It is answered from bytes made beforehand, nothing of the request is read but its path and
the id it brings, and no line is written for it alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_kinds import OVERLOADED
from api.problems import problem_response
from api.running.door import HEADERS, METHODS, told_of
from api.running.logs import log
from api.running.metrics import IN_WORK, REFUSALS
from api.running.request_id import HEADER, request_id

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


class Place:
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
        counter, times = told_of(method, "-", OVERLOADED.status)
        counter.inc()
        times.observe(time.perf_counter() - began)

    def _refuses(self, scope: Scope) -> bool:
        if not self._load.is_full or scope["type"] != "http" or scope["path"] in ALWAYS:
            return False
        # While the process stops, clients are also asked to leave: that is the door's to say.
        return not scope["app"].state.service.draining
