"""The short way to the door that most requests take: what is well formed skips the framework.

Starlette looks for a route, FastAPI works out afresh what its handler depends on, and both cost
more than the handler. A request here that is well formed by the same model and pattern meets the
same gate and the same handler at once; whatever is not goes the framework's way, so that there is
one set of refusals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.enforce import authenticate, authorized
from api.access.strict_route import StrictRequest
from api.decisions.schemas import DecisionRequest
from api.http.body import replayed
from api.http.fields import IDEMPOTENCY_KEY
from api.http.problems import ProblemError
from api.ledger.errors import LedgerRefusalError
from api.server.refusals import refused

_KEY = re.compile(IDEMPOTENCY_KEY.encode())

Decider = Callable[[Request, DecisionRequest, str], Coroutine[Any, Any, Response]]


class _Given(NamedTuple):
    ask: DecisionRequest
    key: str


class DirectRoute:
    """ASGI layer before the router: well-formed posts to `route` go to `decide` at once."""

    def __init__(self, app: ASGIApp, route: APIRoute, decide: Decider) -> None:
        self.app = app
        self._route, self._decide = route, decide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request for the route, or pass it on."""
        is_asked = scope["type"] == "http" and scope["path"] == self._route.path
        if not is_asked or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        request = StrictRequest(scope, receive)
        scope["route"] = self._route
        try:
            # Who asks comes before what is asked: a stranger's body is not parsed.
            await authenticate(request)
            given = await _well_formed(request)
            answer = None
            if given:
                async with authorized(request):
                    answer = await self._decide(request, given.ask, given.key)
        except (ProblemError, LedgerRefusalError) as error:
            answer = await refused(request, error)
        if answer is None:
            again = receive if request.unread else replayed(await request.body(), receive)
            await self.app(scope, again, send)
        else:
            await answer(scope, receive, send)


async def _well_formed(request: StrictRequest) -> _Given | None:
    if request.scope["query_string"]:
        return None
    keys = [value for name, value in request.scope["headers"] if name == b"idempotency-key"]
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        return None
    try:
        ask = DecisionRequest.model_validate(await request.json())
    except (ProblemError, ValidationError):
        return None
    return _Given(ask, keys[0].decode("ascii"))
