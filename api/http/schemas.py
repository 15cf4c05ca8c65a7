"""What the request bodies of several rooms share: strictness, examples, an amount."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.http.fields import EXPECTED, MOST_AMOUNT_YUAN

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Amount = Annotated[int, Field(ge=1, le=MOST_AMOUNT_YUAN, description=EXPECTED["amount_yuan"].en)]


def example(**fields: Any) -> ConfigDict:
    """Return the configuration of a strict body with `fields` as its example."""
    return ConfigDict(**STRICT, json_schema_extra={"examples": [fields]})
