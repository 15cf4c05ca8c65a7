"""Refusals as RFC 9457 problems, in Chinese and English.

Each kind has a stable address, ``/problems/<name>``, which the service answers with an explanation.
A problem names the field and what is expected of it. It never repeats the input, which may be an id
number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse

from model.profile.dictionary import Text

MEDIA_TYPE = "application/problem+json"
PREFIX = "/problems/"


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its name, HTTP status, title, and what the caller can do now.

    Attributes
    ----------
    oauth : str
        OAuth 2.0 error code of a refused token request (RFC 6749, section 5.2); else empty.
    """

    name: str
    status: int
    title: Text
    detail: Text
    oauth: str = ""

    @property
    def type(self) -> str:
        """The stable address of this kind."""
        return PREFIX + self.name


@dataclass(frozen=True)
class FieldError:
    """One field that is not as expected; `field` is a declared name, never one from the input."""

    field: str
    expected: Text


class ProblemError(HTTPException):
    """Raised to answer a request with a problem."""

    def __init__(
        self,
        kind: Kind,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, kind.title.en, headers)
        self.kind = kind
        self.errors = tuple(errors)


def problem_body(kind: Kind, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """Return the JSON object of a problem."""
    body: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title.en,
        "title_zh": kind.title.zh,
        "status": kind.status,
        "detail": kind.detail.en,
        "detail_zh": kind.detail.zh,
    }
    if kind.oauth:
        body["error"] = kind.oauth
    if errors:
        body["errors"] = [
            {"field": e.field, "expected": e.expected.en, "expected_zh": e.expected.zh}
            for e in errors
        ]
    return body


def problem_response(
    kind: Kind, errors: Sequence[FieldError] = (), headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return a problem as an HTTP response."""
    return JSONResponse(
        problem_body(kind, errors), kind.status, headers=headers, media_type=MEDIA_TYPE
    )
