"""The route of decisions: what FastAPI works out afresh for each request is written out here.

Its solver of dependencies costs more than the handler. The signature of the handler still declares
body and header, for the OpenAPI document; every request, well formed or not, is read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.access.enforcing import entitled, held_to_the_matrix
from api.fields import IDEMPOTENCY_KEY
from api.openapi import refuse_undeclared_query
from api.shapes import DecisionRequest
from api.strict_request import StrictRoute, strictly

_HEADER = "Idempotency-Key"
_KEY = re.compile(IDEMPOTENCY_KEY)


class DecisionRoute(StrictRoute):
    """A route whose handler takes a request, a `DecisionRequest` and an idempotency key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what reads a request, as the application's dependencies and FastAPI would."""

        async def asked(request: Request) -> Response:
            # Who asks comes before what is asked: a stranger's body is not parsed.
            await entitled(request)
            strict = strictly(request)
            body = await strict.json() if await strict.body() else None
            async with held_to_the_matrix(strict):
                await refuse_undeclared_query(strict)
                answer: Response = await self.endpoint(strict, *_well_formed(strict, body))
            return answer

        return asked


def _well_formed(request: Request, body: Any) -> tuple[DecisionRequest, str]:
    """Return what is asked and the key; raises RequestValidationError naming all that is amiss."""
    key = request.headers.get(_HEADER, "")
    amiss: list[Any] = []
    if not _KEY.fullmatch(key):
        amiss.append({"type": "string_pattern_mismatch", "loc": ("header", _HEADER)})
    try:
        ask = DecisionRequest.model_validate(body)
    except ValidationError as error:
        amiss += [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(amiss) from error
    if amiss:
        raise RequestValidationError(amiss)
    return ask, key
