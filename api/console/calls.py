"""Calls of the service's own routes, in this process, on behalf of whoever is signed in.

A page knows nothing but the answers of routes. So access matrix, places, audit, validation and
idempotency are those of the routes, and the console can do nothing that the API cannot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from api.http.openapi import ProblemShape
from api.ledger.chain import encode_json

Shape = TypeVar("Shape", bound=BaseModel)
#: Headers of the page's request that its calls carry: they tell where it came from.
_PASSED_ON = frozenset({b"x-forwarded-for"})
#: What a call has in common with the page's request. The log line is the page's, so that its id is
#: in every access record.
_KEPT = frozenset(
    {"type", "asgi", "http_version", "scheme", "client", "server", "app", "rongzi.log_fields"}
)
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


class RefusedError(Exception):
    """A route refused; `problem` is its answer."""

    def __init__(self, problem: ProblemShape) -> None:
        super().__init__(problem.type)
        self.problem = problem

    @property
    def kind(self) -> str:
        """The name of the kind of problem."""
        return self.problem.type.rpartition("/")[2]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status


@dataclass(frozen=True)
class Reply:
    """What a route answered."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Calls:
    """Calls of routes for the request of a page.

    Attributes
    ----------
    token : str or None
        The bearer token of the session; None before sign-in.
    """

    request: Request
    token: str | None = None

    async def read(self, route: str, shape: type[Shape], /, **values: Any) -> Shape:
        """Return the answer of `route`, which reads, as `shape`.

        Parameters
        ----------
        values
            Path and query parameters by name; None leaves a query parameter out.
        """
        return shape.model_validate_json((await self.call(route, values)).body)

    async def read_list(self, route: str, shape: type[Shape], /, **values: Any) -> list[Shape]:
        """Return the answer of `route`, a list, as shapes; see `read`."""
        body = (await self.call(route, values)).body
        return [shape.model_validate(each) for each in json.loads(body)]

    async def post(
        self,
        route: str,
        shape: type[Shape],
        body: Mapping[str, Any] | None = None,
        /,
        *,
        key: str | None = None,
        **values: Any,
    ) -> Shape:
        """Send `body` to `route` under an idempotency key; return the answer as `shape`."""
        content = None if body is None else encode_json(body).encode()
        reply = await self.call(route, values, content, _JSON, key)
        return shape.model_validate_json(reply.body)

    async def post_form(self, route: str, shape: type[Shape], form: Mapping[str, str]) -> Shape:
        """Send `form` to `route`; return the answer as `shape`."""
        reply = await self.call(route, {}, urlencode(form).encode(), _FORM)
        return shape.model_validate_json(reply.body)

    async def call(
        self,
        route: str,
        values: Mapping[str, Any],
        body: bytes | None = None,
        media_type: str = _JSON,
        key: str | None = None,
    ) -> Reply:
        """Call `route` and return its answer.

        Raises
        ------
        RefusedError
            If it refuses.
        """
        added = {"content-type": media_type if body is not None else None, "idempotency-key": key}
        scope = self._scope(route, values) | {"headers": self._headers(added)}
        reply = await _dispatch(self.request.app.routes_alone, scope, body or b"")
        if reply.status >= 400:
            raise RefusedError(ProblemShape.model_validate_json(reply.body))
        return reply

    def _scope(self, route: str, values: Mapping[str, Any]) -> dict[str, Any]:
        method, template = _routes(self.request.app)[route]
        path = template.format_map({n: quote(str(v), safe="") for n, v in values.items()})
        query = {n: v for n, v in values.items() if v is not None and f"{{{n}}}" not in template}
        kept = {name: value for name, value in self.request.scope.items() if name in _KEPT}
        changed = {
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query).encode(),
            "state": {},
        }
        return kept | changed

    def _headers(self, added: Mapping[str, str | None]) -> list[tuple[bytes, bytes]]:
        bearer = None if self.token is None else f"Bearer {self.token}"
        every = {"authorization": bearer, **added}
        given = [
            (name.encode(), text.encode("latin-1", "replace"))
            for name, text in every.items()
            if text is not None
        ]
        return given + [(n, v) for n, v in self.request.scope["headers"] if n in _PASSED_ON]


async def _dispatch(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Reply:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    started: dict[str, Any] = {}
    received = bytearray()

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            received.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Reply(started["status"], bytes(received))


@cache
def _routes(app: FastAPI) -> Mapping[str, tuple[str, str]]:
    """Return method and path template of each route by name."""
    return {
        operation["operationId"]: (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }
