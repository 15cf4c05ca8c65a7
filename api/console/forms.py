"""Forms: read strictly, each field at most once, and turned into what the routes take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.console.problems import UNREADABLE_FORM, ConsoleError
from model.profile.dictionary import Text

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 40
#: What people write between the digits of an amount: spaces, commas, the sign of the currency.
_SEPARATORS = re.compile(r"[\s,，'¥￥元]")
_BROKEN = re.compile("[\0\ud800-\udfff]")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of the form in the body of `request`.

    Raises
    ------
    ConsoleError
        If it is no form in UTF-8, has too many fields, or one of them twice.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _MEDIA_TYPE or "content-encoding" in request.headers:
        raise ConsoleError(UNREADABLE_FORM)
    try:
        pairs = parse_qsl(
            (await request.body()).decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise ConsoleError(UNREADABLE_FORM) from error
    fields = dict(pairs)
    if len(fields) < len(pairs) or any(_BROKEN.search(value) for value in fields.values()):
        raise ConsoleError(UNREADABLE_FORM)
    return fields


def whole_number(text: str) -> int | str:
    """Return the whole number that somebody wrote as `text`, or the text if it is none.

    The route that takes it says what it expects.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 9 else text


def whole_yuan(most: int) -> Text:
    """Return what is expected of an amount of at most `most` yuan."""
    return Text(f"请填写整数元，1 至 {most:,}", f"Fill in whole yuan, from 1 to {most:,}")


def given(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the fields of `names` in which somebody wrote something, trimmed."""
    texts = {name: fields.get(name, "").strip() for name in names}
    return {name: text for name, text in texts.items() if text}
