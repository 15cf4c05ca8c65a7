"""The OpenAPI document: typed refusals, examples, the list of query parameters that exist."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from api.openapi_examples import with_examples
from api.problem_kinds import INTERNAL_ERROR, INVALID_PARAMETER
from api.problems import MEDIA_TYPE, FieldError, Kind, ProblemError, problem_body
from model.dictionary import Text


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
