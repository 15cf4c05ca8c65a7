"""Requests whose body is parsed strictly before any validation sees it.

It was capped and timed before, by `api.http.body`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.access.enforce import authenticate
from api.http.body import StrictJsonError, parse_strict_json
from api.http.problem_kinds import MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE
from api.http.problems import FieldError, ProblemError

#: As nearly every client writes it.
_PLAIN = [b"application/json"]
_CONTENT_TYPES = {"application/json", "application/json;charset=utf-8"}


class StrictRequest(Request):
    """A request that refuses a body it should not read."""

    async def body(self) -> bytes:
        """Return the raw body, if it says that it is JSON in UTF-8."""
        if not hasattr(self, "_body"):
            self._refuse_media_type()
        return await super().body()

    async def json(self) -> Any:
        """Return the strictly parsed body; it is parsed once, whoever asks."""
        if not hasattr(self, "_json"):
            try:
                self._json = parse_strict_json(await self.body())
            except StrictJsonError as error:
                raise ProblemError(MALFORMED_BODY, [FieldError("body", error.why)]) from error
        return self._json

    def _refuse_media_type(self) -> None:
        told = self.scope["headers"]
        types = [value for name, value in told if name == b"content-type"]
        given = b"".join(types[:1]).decode("latin-1").lower().replace(" ", "").replace('"', "")
        is_json = types == _PLAIN or given in _CONTENT_TYPES
        if not is_json or any(name == b"content-encoding" for name, _ in told):
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)


def strictly(request: Request) -> StrictRequest:
    """Return `request` as a strict one; one that is strict already keeps what it has read."""
    if isinstance(request, StrictRequest):
        return request
    return StrictRequest(request.scope, request.receive)


class StrictRoute(APIRoute):
    """A route whose handler is given a `StrictRequest`, from callers who may call it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the strict request.

        FastAPI parses the body before it asks any dependency, so who asks is looked at here.
        """
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            await authenticate(request)
            return await handler(strictly(request))

        return strict
