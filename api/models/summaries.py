"""Summaries as shapes: verified bytes whose content is not as expected count as not verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.http.problem_kinds import NOT_FOUND
from api.http.problems import ProblemError
from api.http.schemas import TextShape
from data.publishing.run_summaries import RunKind, RunSummary, run_summaries, run_summary
from model.profile.dictionary import Text

Content = TypeVar("Content", bound=BaseModel)
_OTHER_RELEASE = Text(
    "内容由其他版本写成，本版本不能读取", "another release wrote it, and this one cannot read it"
)


def summaries(
    home: Path, kind: RunKind, shape: type[Content]
) -> list[tuple[dict[str, Any], Content | None]]:
    """Return what each summary of `kind` tells of itself, and its content, verified ones first."""
    return [_read(each, shape) for each in run_summaries(home, kind)]


def summary(
    home: Path, kind: RunKind, id_: str, shape: type[Content]
) -> tuple[dict[str, Any], Content | None]:
    """Return what the summary `id_` tells of itself, and its content; None if it is not verified.

    Raises
    ------
    ProblemError
        If there is none.
    """
    found = run_summary(home, kind, id_)
    if found is None:
        raise ProblemError(NOT_FOUND)
    return _read(found, shape)


def _read(found: RunSummary, shape: type[Content]) -> tuple[dict[str, Any], Content | None]:
    if found.fault:
        return _head(found, found.fault), None
    try:
        return _head(found, None), shape.model_validate(found.content)
    except ValidationError:
        return _head(found, _OTHER_RELEASE), None


def _head(found: RunSummary, fault: Text | None) -> dict[str, Any]:
    return {
        "id": found.id,
        "is_verified": fault is None,
        "why_not": TextShape(zh=fault.zh, en=fault.en) if fault else None,
        "signed_by": None if fault else found.key,
    }
