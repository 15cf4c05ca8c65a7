"""Answers and documents without their sentences: the part that a program relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Fields that hold sentences for people. Values under these names that are no text stay.
SENTENCES = frozenset({
    "title", "title_zh", "detail", "detail_zh", "expected", "expected_zh", "zh", "en", "text",
    "answer", "standing", "no_proposal", "rights", "missing", "rules",
    "label", "label_zh", "description", "summary", "source",
})  # fmt: skip
_PLACEHOLDER = "…"
#: Keywords of an OpenAPI document that hold words, or an example of a value.
_OPENAPI_WORDS = frozenset({"description", "summary", "title", "example", "examples"})
#: Keywords whose children are named by us, so that none of these names is a keyword.
_NAMED = frozenset({"paths", "properties", "schemas", "responses", "headers", "securitySchemes"})


def without_sentences(value: Any) -> Any:
    """Return an answer's JSON with a placeholder for every sentence."""
    if isinstance(value, list):
        return [without_sentences(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _replace(each) if name in SENTENCES else without_sentences(each)
        for name, each in value.items()
    }


def openapi_structure(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document without texts and examples.

    The names of the problems of each refusal stay, in their order.
    """
    rest = {name: each for name, each in document.items() if name != "info"}
    found: dict[str, Any] = _structure(rest, named=False)
    return found


def _replace(value: Any) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER
    if isinstance(value, list):
        return [_replace(each) for each in value]
    return without_sentences(value)


def _structure(value: Any, *, named: bool) -> Any:
    if isinstance(value, list):
        return [_structure(each, named=False) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {
        name: _structure(each, named=not named and name in _NAMED)
        for name, each in value.items()
        if named or name not in _OPENAPI_WORDS
    }
    if not named and "application/problem+json" in value:
        found["problems"] = list(value["application/problem+json"].get("examples", {}))
    return found
