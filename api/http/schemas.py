"""What bodies share: strictness, examples, an amount, labels of counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.http.fields import EXPECTED, MAX_AMOUNT_YUAN

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT_YUAN, description=EXPECTED["amount_yuan"].en)]


def _day_of(value: Any) -> date:
    """Return a day written as text, such as 2023-10-08."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    raise ValueError("a day")


Day = Annotated[date, BeforeValidator(_day_of), Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]


def strict_with_example(**fields: Any) -> ConfigDict:
    """Return the configuration of a strict request body whose example is `fields`."""
    return ConfigDict(**STRICT, json_schema_extra={"examples": [fields]})


class TextShape(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class CountShape(BaseModel):
    """What a column of a table counts, in both languages."""

    name: str
    zh: str
    en: str


def count_shapes(texts: Mapping[str, tuple[str, str]]) -> list[CountShape]:
    """Return the labels of columns from their Chinese and English texts."""
    return [CountShape(name=name, zh=zh, en=en) for name, (zh, en) in texts.items()]
