"""An example of every parameter, body and answer of the OpenAPI document.

They are kept in ``openapi_examples.json``, as a service answered them on simulated members, long
parts left out; a test holds each against its schema.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


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
    text = files("api").joinpath("openapi_examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found
