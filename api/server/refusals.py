"""Exception handlers: every refusal and fault of the service is answered with a problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.http.fields import EXPECTED
from api.http.ledger import problem_kind
from api.http.problem_kinds import (
    IN_PROGRESS,
    INTERNAL_ERROR,
    INVALID_BODY,
    INVALID_PARAMETER,
    KINDS,
    NOT_FOUND,
)
from api.http.problems import FieldError, ProblemError, problem_response
from api.http.request_log import add_to_log
from api.ledger.errors import LedgerRefusalError
from api.server.overload import RETRY_AFTER
from model.profile.dictionary import Text

#: Parts of a request in the order in which their errors are listed.
_PARTS = ("path", "query", "header", "cookie", "body")


def install(app: FastAPI) -> None:
    """Register the handlers on `app`."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(LedgerRefusalError, refused)
    # The framework also passes the exception on to `RequestLog`, which logs the fault.
    app.add_exception_handler(Exception, refused)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    # The validator's messages contain the input, perhaps an id number; use the location alone.
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    # A shared dependency finds the errors of a header first.
    errors = sorted(errors, key=lambda item: _PARTS.index(item["loc"][0]))
    in_body = any(item["loc"][0] == "body" for item in errors)
    kind = INVALID_BODY if in_body else INVALID_PARAMETER
    add_to_log(request, kind=kind.name)
    return problem_response(kind, _fields(errors, _body_of(request)))


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Return the answer to a request that ended in `error`."""
    if isinstance(error, ProblemError | LedgerRefusalError):
        kind = problem_kind(error)
        add_to_log(request, kind=kind.name)
        is_temporary = kind.status == 503 or kind == IN_PROGRESS
        own_headers, errors = (
            (error.headers, error.errors) if isinstance(error, ProblemError) else (None, ())
        )
        headers = dict(own_headers or (RETRY_AFTER if is_temporary else {}))
        return problem_response(kind, errors, headers)
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    kind = NOT_FOUND if status == 404 else (kinds or [INTERNAL_ERROR])[0]
    add_to_log(request, kind=kind.name)
    return problem_response(kind, headers=headers)


def _fields(found: Sequence[Any], body: Text) -> list[FieldError]:
    errors: dict[str, FieldError] = {}
    for item in found:
        # A field within a field is named by the outer one, whose text says what it holds.
        name = next((str(part) for part in item["loc"][1:] if str(part) in EXPECTED), "")
        if item["type"] == "extra_forbidden" or not name:
            errors.setdefault("body", FieldError("body", body))
        else:
            errors.setdefault(name, FieldError(name, EXPECTED[name]))
    return list(errors.values())


def _body_of(request: Request) -> Text:
    """Return the fields that the route accepts in its body."""
    route = request.scope.get("route")
    params = route.dependant.body_params if isinstance(route, APIRoute) else []
    fields = getattr(params[0].field_info.annotation, "model_fields", {}) if params else {}
    listed = ", ".join(fields)
    return Text(f"仅限以下字段：{listed}", f"only these fields: {listed}")
