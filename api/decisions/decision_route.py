"""The route of ``POST /v1/decisions``, which reads its own body and header.

FastAPI resolves the dependencies of a handler anew for every request, which costs more than the
handler does (docs/evidence/second_ways.md). The handler's signature still declares body and header
for the OpenAPI document, but this route reads them, well formed or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.access.enforce import authenticate, authorized
from api.access.strict_route import StrictRoute, as_strict
from api.decisions.schemas import DecisionRequest
from api.http.fields import IDEMPOTENCY_KEY
from api.http.openapi import refuse_undeclared_query

_HEADER = "Idempotency-Key"
_KEY = re.compile(IDEMPOTENCY_KEY)


class DecisionRoute(StrictRoute):
    """A route whose handler takes a request, a `DecisionRequest` and an idempotency key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that replaces FastAPI's and the application's dependencies."""

        async def handle(request: Request) -> Response:
            # Authenticate first: the body of an unknown caller is not parsed.
            await authenticate(request)
            strict = as_strict(request)
            body = await strict.json() if await strict.body() else None
            async with authorized(strict):
                await refuse_undeclared_query(strict)
                answer: Response = await self.endpoint(strict, *_validated(strict, body))
            return answer

        return handle


def _validated(request: Request, body: Any) -> tuple[DecisionRequest, str]:
    """Return the decision request and its idempotency key.

    Raises
    ------
    RequestValidationError
        With every invalid field.
    """
    key = request.headers.get(_HEADER, "")
    errors: list[Any] = []
    if not _KEY.fullmatch(key):
        errors.append({"type": "string_pattern_mismatch", "loc": ("header", _HEADER)})
    try:
        decision_request = DecisionRequest.model_validate(body)
    except ValidationError as error:
        errors += [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(errors) from error
    if errors:
        raise RequestValidationError(errors)
    return decision_request, key
