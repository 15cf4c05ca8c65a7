"""Requests whose JSON body is parsed strictly before validation."""

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

#: The header that nearly every client sends, compared first.
_PLAIN = [b"application/json"]
_CONTENT_TYPES = {"application/json", "application/json;charset=utf-8"}


class StrictRequest(Request):
    """A request that refuses a body of another media type, or that is not strict JSON."""

    async def body(self) -> bytes:
        """Return the raw body if its headers declare JSON in UTF-8."""
        if not hasattr(self, "_body"):
            self._refuse_media_type()
        return await super().body()

    async def json(self) -> Any:
        """Return the strictly parsed body; repeated calls parse it once."""
        if not hasattr(self, "_json"):
            try:
                self._json = parse_strict_json(await self.body())
            except StrictJsonError as error:
                raise ProblemError(MALFORMED_BODY, [FieldError("body", error.why)]) from error
        return self._json

    def _refuse_media_type(self) -> None:
        headers = self.scope["headers"]
        types = [value for name, value in headers if name == b"content-type"]
        media_type = b"".join(types[:1]).decode("latin-1").lower().replace(" ", "").replace('"', "")
        is_json = types == _PLAIN or media_type in _CONTENT_TYPES
        if not is_json or any(name == b"content-encoding" for name, _ in headers):
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)


def as_strict(request: Request) -> StrictRequest:
    """Return `request` as a strict one; a strict request keeps its cached body."""
    if isinstance(request, StrictRequest):
        return request
    return StrictRequest(request.scope, request.receive)


class StrictRoute(APIRoute):
    """A route whose handler receives a `StrictRequest` of an authenticated caller."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind authentication and the strict request.

        FastAPI parses the body before it runs dependencies, so the caller is authenticated here.
        """
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            await authenticate(request)
            return await handler(as_strict(request))

        return strict
