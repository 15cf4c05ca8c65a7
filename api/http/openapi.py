"""The OpenAPI document: typed refusals, examples, the list of query parameters that exist.

An example of every parameter, body and answer of the OpenAPI document.

They are kept in ``openapi_examples.json``, as a service answered them on simulated members, long
parts left out; a test holds each against its schema.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from api.http.problem_kinds import INTERNAL_ERROR, INVALID_PARAMETER
from api.http.problems import MEDIA_TYPE, FieldError, Kind, ProblemError, problem_body
from model.profile.dictionary import Text


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with an example wherever its schema tells none."""
    for operations in document["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            for parameter in operation.get("parameters", ()):
                parameter["example"] = _of_parameter(parameter["name"], name)
            for content in _contents(operation.get("requestBody", {})):
                _add(content, "bodies", name)
            for status, response in operation["responses"].items():
                for content in _contents(response) if int(status) < 300 else ():
                    _add(content, "answers", name)
    return document


def _contents(told: dict[str, Any]) -> list[dict[str, Any]]:
    return list(told.get("content", {}).values())


def _add(content: dict[str, Any], kind: str, operation: str) -> None:
    if operation in (found := _kept()[kind]):
        content["example"] = found[operation]


def _of_parameter(name: str, operation: str) -> Any:
    found = _kept()["parameters"][name]
    return found[operation] if isinstance(found, dict) else found


@cache
def _kept() -> dict[str, dict[str, Any]]:
    text = files("api.http").joinpath("openapi_examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


class FieldErrorShape(BaseModel):
    """One field and what is expected of it; never what was sent."""

    field: str
    expected: str
    expected_zh: str


class ProblemShape(BaseModel):
    """A refusal or fault (RFC 9457); `type` is stable and says which."""

    type: str = Field(examples=["/problems/invalid-body"])
    title: str
    title_zh: str
    status: int
    detail: str
    detail_zh: str
    error: str | None = Field(None, description="OAuth2's word for it, where a token is asked for")
    errors: list[FieldErrorShape] = []


def refusals(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI responses for `kinds` and for the two every route may give."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in (*kinds, INVALID_PARAMETER, INTERNAL_ERROR):
        entry = found.setdefault(
            kind.status,
            {
                "model": ProblemShape,
                "description": kind.title.en,
                "content": {MEDIA_TYPE: {"examples": {}}},
            },
        )
        example = {"summary": kind.title.en, "value": problem_body(kind)}
        entry["content"][MEDIA_TYPE]["examples"][kind.name] = example
    return found


def with_problems(built: dict[str, Any]) -> dict[str, Any]:
    """Return the document `built`: refusals are ``application/problem+json``, all has examples."""
    for operations in built["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and "application/json" in response["content"]:
                    content = response["content"]
                    content[MEDIA_TYPE].update(content.pop("application/json"))
    return with_examples(built)


async def refuse_undeclared_query(request: Request) -> None:
    """Refuse query parameters that the route does not declare, and any given twice.

    Raises
    ------
    ProblemError
        Naming the parameters that exist, never those that were sent.
    """
    if not request.scope["query_string"]:
        return
    declared = request.app.state.query_parameters.get(request.scope["route"].path, ())
    given = [name for name, _ in request.query_params.multi_items()]
    if len(set(given)) < len(given) or not set(given) <= set(declared):
        listed = ", ".join(declared)
        expected = Text(
            f"仅限以下参数，各一次：{listed}" if declared else "不接受查询参数",
            f"only these, once each: {listed}" if declared else "no query parameters",
        )
        raise ProblemError(INVALID_PARAMETER, [FieldError("query", expected)])


def query_parameters(app: FastAPI) -> dict[str, tuple[str, ...]]:
    """Return the declared query parameters by route path."""
    return {
        path: tuple(
            parameter["name"]
            for operation in operations.values()
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        )
        for path, operations in app.openapi()["paths"].items()
    }


def route_names(app: FastAPI) -> list[str]:
    """Return the name of every route of the document."""
    return [
        operation["operationId"]
        for operations in app.openapi()["paths"].values()
        for operation in operations.values()
    ]
