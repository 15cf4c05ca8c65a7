"""Configuration and fields that request bodies share: strictness, examples, an amount."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.http.fields import EXPECTED, MAX_AMOUNT_YUAN

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT_YUAN, description=EXPECTED["amount_yuan"].en)]


def strict_with_example(**fields: Any) -> ConfigDict:
    """Return the configuration of a strict request body whose example is `fields`."""
    return ConfigDict(**STRICT, json_schema_extra={"examples": [fields]})
