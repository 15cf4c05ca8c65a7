"""Answers and documents without their words: what stays is what a program relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Fields that hold sentences for people. A field of another kind under one of these names stays.
SENTENCES = frozenset({
    "title", "title_zh", "detail", "detail_zh", "expected", "expected_zh", "zh", "en", "text",
    "answer", "standing", "no_proposal", "rights", "missing", "rules",
    "label", "label_zh", "description", "summary", "source",
})  # fmt: skip
_TOLD = "…"
#: Keywords of an OpenAPI document that hold words, or an example of a value.
_OPENAPI_WORDS = frozenset({"description", "summary", "title", "example", "examples"})
#: Keywords below which names are chosen by us, so that none of them is a keyword.
_NAMED = frozenset({"paths", "properties", "schemas", "responses", "headers", "securitySchemes"})


def without_sentences(value: Any) -> Any:
    """Return an answer's JSON with every sentence for people replaced by one sign."""
    if isinstance(value, list):
        return [without_sentences(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _sign(each) if name in SENTENCES else without_sentences(each)
        for name, each in value.items()
    }


def openapi_structure(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document without words and examples.

    The names of the problems that a refusal may be are kept, in their order.
    """
    kept = {name: each for name, each in document.items() if name != "info"}
    found: dict[str, Any] = _structure(kept, named=False)
    return found


def _sign(value: Any) -> Any:
    if isinstance(value, str):
        return _TOLD
    if isinstance(value, list):
        return [_sign(each) for each in value]
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
