"""The OAuth 2.0 form, the only request body that is not JSON: small, each field at most once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from api.http.problem_kinds import BODY_TOO_LARGE, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE
from api.http.problems import FieldError, ProblemError
from model.profile.dictionary import Text

MAX_FORM_BYTES = 2 * 1024
_CONTENT_TYPES = {
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded;charset=utf-8",
}
_EACH_ONCE = Text("一个表单，每个字段只能出现一次", "one form, with each field at most once")


class FormRoute(APIRoute):
    """A route whose handler receives a `FormRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the form request."""
        handler = super().get_route_handler()

        async def handle_form(request: Request) -> Response:
            return await handler(FormRequest(request.scope, request.receive))

        return handle_form


class FormRequest(Request):
    """A request that refuses a form of another media type, of too many bytes, or ambiguous."""

    async def _get_form(self, **limits: Any) -> FormData:
        media_type = self.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
        if media_type not in _CONTENT_TYPES or "content-encoding" in self.headers:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        # `body` caches the bytes, and the form parser then reads the cached ones.
        if len(await self.body()) > MAX_FORM_BYTES:
            raise ProblemError(BODY_TOO_LARGE)
        form = await super()._get_form(**limits)
        names = [name for name, _ in form.multi_items()]
        if len(set(names)) < len(names):
            raise ProblemError(MALFORMED_BODY, [FieldError("body", _EACH_ONCE)])
        return form
