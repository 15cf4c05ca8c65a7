"""Overload protection: a limit on requests in work; requests above it are refused at once.

Without a limit, a growing queue first answers every client late and then none. So a request that
arrives while `most_in_work` requests are in work is refused, and an accepted one must end in time.
A request takes its slot when it arrives: if it waited for its body first, requests that arrive
together would all be read and most of them then refused. A client that sends no body within
`PROMPT_SECONDS` gives its slot back until the body has arrived; `MAX_SENDING` limits such clients.

Under overload most requests are refused, and every refusal takes time from the accepted requests.
So a refusal is sent from prepared bytes, and the log counts refusals once a second.
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
from api.http.headers import repeats_a_header
from api.http.problem_kinds import MALFORMED_BODY, OVERLOADED, REPEATED_HEADER, TIMED_OUT
from api.http.problems import ProblemError, problem_response
from api.http.request_log import add_to_log

RETRY_AFTER = {"Retry-After": "1"}
#: Monitoring paths, which are answered under any load.
ALWAYS = frozenset({"/live", "/ready", "/metrics"})
_LOG_INTERVAL_SECONDS = 1.0
#: Most requests whose body is still arriving.
MAX_SENDING = 512
#: A request whose body has not arrived within this time gives its slot back until it has.
PROMPT_SECONDS = 0.05
#: A request must be answered within this time after it was accepted.
MAX_WORK_SECONDS = 15.0
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Overload:
    """ASGI layer that limits the work of the layers behind it."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self.app, self._load = app, load
        self._overloaded = problem_response(OVERLOADED, headers=RETRY_AFTER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        is_http = scope["type"] == "http"
        if is_http and repeats_a_header(scope["headers"], scope["http_version"]):
            add_to_log(Request(scope), kind=REPEATED_HEADER.name)
            await problem_response(REPEATED_HEADER)(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(_as_get(scope), receive, send)
            return
        slot = Slot(self._load)
        if not slot.take():
            await self._refuse(scope, receive, send)
            return
        try:
            await self._serve(slot, scope, receive, send)
        except ProblemError as refusal:
            if refusal.kind is OVERLOADED:
                await self._refuse(scope, receive, send)
                return
            add_to_log(Request(scope), kind=refusal.kind.name)
            headers = RETRY_AFTER if refusal.status_code == 503 else None
            await problem_response(refusal.kind, headers=headers)(scope, receive, send)
        except ClientGoneError:
            # The client may be gone, or alive after a broken frame; then it needs an answer.
            add_to_log(Request(scope), kind=MALFORMED_BODY.name)
            await problem_response(MALFORMED_BODY)(scope, receive, send)
        finally:
            slot.leave()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        add_to_log(Request(scope), kind=OVERLOADED.name, quiet=True)
        self._load.count_refusal()
        await self._overloaded(scope, receive, send)

    async def _serve(self, slot: Slot, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _WITHOUT_BODY:
            receive = replay_body(await self._body(slot, receive), receive)
            if not slot.take():
                raise ProblemError(OVERLOADED)
        try:
            async with asyncio.timeout(MAX_WORK_SECONDS):
                await self.app(scope, receive, send)
        except TimeoutError as error:
            raise ProblemError(TIMED_OUT) from error

    async def _body(self, slot: Slot, receive: Receive) -> bytes:
        if self._load.sending >= MAX_SENDING:
            raise ProblemError(OVERLOADED)
        self._load.sending += 1
        slow = asyncio.get_running_loop().call_later(PROMPT_SECONDS, slot.leave)
        try:
            return await read_body(receive)
        finally:
            slow.cancel()
            self._load.sending -= 1


def _as_get(scope: Scope) -> Scope:
    """Answer HEAD like GET for monitoring; the server omits the body, as HTTP requires."""
    if scope.get("method") == "HEAD":
        scope["method"] = "GET"
    return scope


class Slot:
    """One of the `load.most_in_work` slots; the request that holds it must leave it."""

    __slots__ = ("_load", "is_held")

    def __init__(self, load: Load) -> None:
        self._load, self.is_held = load, False

    def take(self) -> bool:
        """Take a slot unless one is held already; return False if none is free."""
        if self.is_held:
            return True
        if self._load.is_full:
            return False
        self._load.working += 1
        self.is_held = True
        REQUESTS_IN_PROGRESS.inc()
        return True

    def leave(self) -> None:
        """Leave the slot if it is held."""
        if self.is_held:
            self._load.working -= 1
            self.is_held = False
            REQUESTS_IN_PROGRESS.dec()


@dataclass
class Load:
    """The present load and its limit.

    Attributes
    ----------
    most_in_work : int
        Most requests in work at once; more are refused.
    working, sending : int
        Requests in work, and requests whose body is still arriving.
    """

    most_in_work: int
    working: int = 0
    sending: int = 0
    _refused: int = 0
    _logged_at: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether no further request can be accepted now."""
        return self.working >= self.most_in_work

    def count_refusal(self) -> None:
        """Count a refusal; the log states the number once a second."""
        self._refused += 1
        now = time.monotonic()
        if now - self._logged_at >= _LOG_INTERVAL_SECONDS:
            log.warning("overloaded", count=self._refused)
            self._logged_at, self._refused = now, 0
