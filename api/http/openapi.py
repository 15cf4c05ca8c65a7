"""The OpenAPI document with typed refusals and examples, and what the service reads from it."""

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


class FieldErrorShape(BaseModel):
    """One field and what is expected of it, without the value that was sent."""

    field: str
    expected: str
    expected_zh: str


class ProblemShape(BaseModel):
    """A refusal or fault (RFC 9457); `type` is stable and identifies it."""

    type: str = Field(examples=["/problems/invalid-body"])
    title: str
    title_zh: str
    status: int
    detail: str
    detail_zh: str
    error: str | None = Field(
        None, description="OAuth 2.0 error code; present on token requests only"
    )
    errors: list[FieldErrorShape] = []


def refusals(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of `kinds` and of the two that every route can give."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in (*kinds, INVALID_PARAMETER, INTERNAL_ERROR):
        response = responses.setdefault(
            kind.status,
            {
                "model": ProblemShape,
                "description": kind.title.en,
                "content": {MEDIA_TYPE: {"examples": {}}},
            },
        )
        example = {"summary": kind.title.en, "value": problem_body(kind)}
        response["content"][MEDIA_TYPE]["examples"][kind.name] = example
    return responses


def complete_document(document: dict[str, Any]) -> dict[str, Any]:
    """Add an example to every parameter, body and answer, and type refusals as problems.

    The examples are in ``openapi_examples.json``: answers of a service on simulated members, with
    long parts left out. A test validates each against its schema.
    """
    for operations in document["paths"].values():
        for operation in operations.values():
            _type_refusals(operation)
            _add_examples(operation)
    return document


def _type_refusals(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            content[MEDIA_TYPE].update(content.pop("application/json"))


def _add_examples(operation: dict[str, Any]) -> None:
    name, examples = operation["operationId"], _examples()
    for parameter in operation.get("parameters", ()):
        example = examples["parameters"][parameter["name"]]
        parameter["example"] = example[name] if isinstance(example, dict) else example
    answers = [each for status, each in operation["responses"].items() if int(status) < 300]
    for kind, parts in (("bodies", [operation.get("requestBody", {})]), ("answers", answers)):
        for content in (content for part in parts for content in part.get("content", {}).values()):
            if name in examples[kind]:
                content["example"] = examples[kind][name]


@cache
def _examples() -> dict[str, dict[str, Any]]:
    text = files("api.http").joinpath("openapi_examples.json").read_text(encoding="utf-8")
    examples: dict[str, dict[str, Any]] = json.loads(text)
    return examples


async def refuse_undeclared_query(request: Request) -> None:
    """Refuse query parameters that the route does not declare or that occur twice.

    Raises
    ------
    ProblemError
        Naming the declared parameters, never those that were sent.
    """
    if not request.scope["query_string"]:
        return
    declared = request.app.state.query_parameters.get(request.scope["route"].name, ())
    given = [name for name, _ in request.query_params.multi_items()]
    if len(set(given)) < len(given) or not set(given) <= set(declared):
        listed = ", ".join(declared)
        expected = Text(
            f"仅限以下参数，每个至多一次：{listed}" if declared else "不接受查询参数",
            f"only these, each at most once: {listed}" if declared else "no query parameters",
        )
        raise ProblemError(INVALID_PARAMETER, [FieldError("query", expected)])


def query_parameters(app: FastAPI) -> dict[str, tuple[str, ...]]:
    """Return the declared query parameters by operation id; two methods may share a path."""
    return {
        operation["operationId"]: tuple(
            parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        )
        for operations in app.openapi()["paths"].values()
        for operation in operations.values()
    }


def route_names(app: FastAPI) -> list[str]:
    """Return the operation id of every route."""
    return [
        operation["operationId"]
        for operations in app.openapi()["paths"].values()
        for operation in operations.values()
    ]
