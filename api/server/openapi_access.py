"""Who may call, as the OpenAPI document tells it: the token, its refusals, and the load's."""

from __future__ import annotations

from typing import Any

from api.access.matrix import MATRIX
from api.http.openapi import refusals
from api.http.problem_kinds import (
    FORBIDDEN,
    OVERLOADED,
    PROVIDER_AWAY,
    TIMED_OUT,
    TOO_MANY_REQUESTS,
    UNAUTHORISED,
)
from api.http.problems import MEDIA_TYPE

_SCHEME = "bearer"
_BY_TOKEN = refusals(UNAUTHORISED, FORBIDDEN, TOO_MANY_REQUESTS)
_BY_LOAD = refusals(OVERLOADED, TIMED_OUT)
_BY_PROVIDER = refusals(PROVIDER_AWAY)
#: Those who watch the service are never told to come again.
_UNREFUSED = frozenset({"get_live", "get_ready", "get_metrics"})
_PROBLEM = {"$ref": "#/components/schemas/ProblemShape"}


def with_access(document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with the bearer token of every route that the matrix closes."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[_SCHEME] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            if name in MATRIX and not MATRIX[name].public:
                operation["security"] = [{_SCHEME: []}]
                _add(operation["responses"], _BY_TOKEN, (401, 403, 429))
                _add(operation["responses"], _BY_PROVIDER, (503,))
            if name not in _UNREFUSED:
                _add(operation["responses"], _BY_LOAD, (503,))
    return document


def _add(responses: dict[str, Any], kinds: dict[int | str, Any], statuses: tuple[int, ...]) -> None:
    for status in statuses:
        told = kinds[status]
        content = {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}
        entry = responses.setdefault(
            str(status), {"description": told["description"], "content": content}
        )
        examples = entry["content"][MEDIA_TYPE].setdefault("examples", {})
        for name, example in told["content"][MEDIA_TYPE]["examples"].items():
            examples.setdefault(name, example)
