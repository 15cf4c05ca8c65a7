"""The short way to the door that most requests take: what is well formed skips the solver.

FastAPI works out afresh for each request what its handler depends on, which costs more than the
handler. A request here that is well formed by the same model and pattern meets the same gate and
the same handler at once; whatever is not goes FastAPI's way, so that there is one set of refusals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.access.enforcing import let_in, put_on_record
from api.fields import IDEMPOTENCY_KEY
from api.problems import ProblemError
from api.shapes import DecisionRequest
from api.strict_request import StrictRequest, StrictRoute, strictly

_KEY = re.compile(IDEMPOTENCY_KEY.encode())

Decider = Callable[[Request, DecisionRequest, str], Coroutine[Any, Any, Response]]


class _Given(NamedTuple):
    ask: DecisionRequest
    key: str


def direct_route(decide: Decider) -> type[StrictRoute]:
    """Return a route class whose well-formed requests go to `decide` at once."""

    class DirectRoute(StrictRoute):
        """A `StrictRoute` with the short way before it."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Return the handler of the short way, and FastAPI's behind it."""
            solved = super().get_route_handler()

            async def direct(request: Request) -> Response:
                strict = strictly(request)
                given = await _well_formed(strict)
                if given is None:
                    return await solved(strict)
                let = await let_in(strict)
                answer = await decide(strict, given.ask, given.key)
                if let:
                    await put_on_record(strict, let)
                return answer

            return direct

    return DirectRoute


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
