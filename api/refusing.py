"""From exceptions to problems: no answer of the service, 404 and 500 included, is anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.fields import EXPECTED
from api.problem_kinds import (
    INTERNAL_ERROR,
    INVALID_BODY,
    INVALID_PARAMETER,
    KINDS,
    NOT_FOUND,
)
from api.problems import FieldError, ProblemError, problem_response
from api.running.admission import RETRY_AFTER
from api.running.door import note
from api.shapes import DecisionRequest
from model.dictionary import Text

_FIELDS = ", ".join(DecisionRequest.model_fields)
_ONLY = Text(f"仅限以下字段：{_FIELDS}", f"only these fields: {_FIELDS}")


def install(app: FastAPI) -> None:
    """Register the handlers on `app`."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    # The validator's own messages hold the input, an id number perhaps: only the place is taken.
    found = error.errors() if isinstance(error, RequestValidationError) else []
    in_body = any(item["loc"][0] == "body" for item in found)
    kind = INVALID_BODY if in_body else INVALID_PARAMETER
    note(request, kind=kind.name)
    return problem_response(kind, _fields(found))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ProblemError):
        note(request, kind=error.kind.name)
        headers = dict(error.headers or (RETRY_AFTER if error.kind.status == 503 else {}))
        return problem_response(error.kind, error.errors, headers)
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    kind = NOT_FOUND if status == 404 else (kinds or [INTERNAL_ERROR])[0]
    note(request, kind=kind.name)
    return problem_response(kind, headers=headers)


def _fields(found: Sequence[Any]) -> list[FieldError]:
    errors: dict[str, FieldError] = {}
    for item in found:
        name = str(item["loc"][-1])
        if item["type"] == "extra_forbidden" or name not in EXPECTED:
            errors.setdefault("body", FieldError("body", _ONLY))
        else:
            errors.setdefault(name, FieldError(name, EXPECTED[name]))
    return list(errors.values())
