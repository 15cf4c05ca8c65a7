"""Requests whose body is capped, timed and parsed strictly before any validation sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.problem_kinds import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    MALFORMED_BODY,
    UNSUPPORTED_MEDIA_TYPE,
)
from api.problems import FieldError, ProblemError
from api.strict_json import StrictJsonError, parse

MOST_BODY_BYTES = 16 * 1024
MOST_BODY_SECONDS = 10.0

_CONTENT_TYPES = {"application/json", "application/json;charset=utf-8"}


class StrictRequest(Request):
    """A request that refuses a body it should not read."""

    async def body(self) -> bytes:
        """Return the raw body, at most `MOST_BODY_BYTES`, received within `MOST_BODY_SECONDS`."""
        if not hasattr(self, "_body"):
            self._refuse_media_type()
            try:
                async with asyncio.timeout(MOST_BODY_SECONDS):
                    self._body = await self._capped()
            except TimeoutError as error:
                raise ProblemError(BODY_TOO_SLOW) from error
        return self._body

    async def json(self) -> Any:
        """Return the strictly parsed body."""
        try:
            return parse(await self.body())
        except StrictJsonError as error:
            raise ProblemError(MALFORMED_BODY, [FieldError("body", error.why)]) from error

    def _refuse_media_type(self) -> None:
        given = self.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
        if given not in _CONTENT_TYPES or "content-encoding" in self.headers:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)

    async def _capped(self) -> bytes:
        received = bytearray()
        async for chunk in self.stream():
            received += chunk
            if len(received) > MOST_BODY_BYTES:
                raise ProblemError(BODY_TOO_LARGE)
        return bytes(received)


class StrictRoute(APIRoute):
    """A route whose handler is given a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the strict request."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict
