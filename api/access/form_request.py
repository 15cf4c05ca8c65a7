"""The one body that is no JSON: the OAuth2 form, small, each field once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.problem_kinds import BODY_TOO_LARGE, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE
from api.problems import FieldError, ProblemError
from model.dictionary import Text

MOST_FORM_BYTES = 2 * 1024
_CONTENT_TYPES = {
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded;charset=utf-8",
}
_ONCE = Text("一个表单，每个字段一次", "one form, each field once")


class FormRequest(Request):
    """A request that refuses a form it should not read."""

    async def _get_form(self, **limits: Any) -> FormData:
        given = self.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
        if given not in _CONTENT_TYPES or "content-encoding" in self.headers:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        # The parser behind it then reads these bytes.
        if len(await self.body()) > MOST_FORM_BYTES:
            raise ProblemError(BODY_TOO_LARGE)
        form = await super()._get_form(**limits)
        names = [name for name, _ in form.multi_items()]
        if len(set(names)) < len(names):
            raise ProblemError(MALFORMED_BODY, [FieldError("body", _ONCE)])
        return form


class FormRoute(APIRoute):
    """A route whose handler is given a `FormRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the form request."""
        handler = super().get_route_handler()

        async def small(request: Request) -> Response:
            return await handler(FormRequest(request.scope, request.receive))

        return small
