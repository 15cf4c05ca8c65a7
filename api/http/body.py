"""The whole body of a request, capped and timed, before anything is done about the request.

JSON as RFC 8259 means it, read strictly: what two parsers could read differently is refused.

Python's own reader takes NaN, duplicate names, UTF-16 and lone surrogates; a validator behind it
never learns of them, and an answer that repeats them cannot be encoded.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import Any

from starlette.types import Message, Receive

from api.http.problem_kinds import BODY_TOO_LARGE, BODY_TOO_SLOW
from api.http.problems import ProblemError
from model.profile.dictionary import Text

#: A request nests two levels; more than this is an attack on the parser.
MOST_DEPTH = 8

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_BROKEN = re.compile("[\0\ud800-\udfff]")


class StrictJsonError(ValueError):
    """The bytes are not strict JSON; `why` says it in both languages and holds nothing of them."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


_NOT_JSON = Text("不是 UTF-8 编码的 JSON", "not JSON in UTF-8")
_TOO_DEEP = Text("嵌套过深", "nested too deeply")
_NAMED_TWICE = Text("同一对象中有重复的字段名", "a name occurs twice in one object")
_NOT_A_NUMBER = Text("JSON 不允许 NaN 和 Infinity", "NaN and Infinity are not JSON")
_TOO_LARGE = Text("数值超出范围", "a number is beyond a double")
_BROKEN_TEXT = Text("文本含 NUL 或不完整的字符", "a text holds NUL or half a character")


def parse(body: bytes) -> object:
    """Return the value that `body` holds.

    Raises
    ------
    StrictJsonError
        If it is not UTF-8, not JSON, too deep, or holds a duplicate name, NaN, an infinity, a
        number beyond a double, a lone surrogate or NUL.
    """
    _refuse_depth(body)
    try:
        text = body.decode("utf-8")
        value = _DECODER.decode(text)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError) as error:
        # The parser's own message quotes the input.
        raise StrictJsonError(_NOT_JSON) from error
    # A whole text in UTF-8 holds no half characters, and JSON no bare NUL: only escapes can.
    if b"\\" in body:
        _refuse_characters(value)
    return value


def _refuse_depth(body: bytes) -> None:
    if body.count(b"{") + body.count(b"[") <= MOST_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MOST_DEPTH:
            raise StrictJsonError(_TOO_DEEP)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise StrictJsonError(_NAMED_TWICE)
    return found


def _refuse_constant(_: str) -> float:
    raise StrictJsonError(_NOT_A_NUMBER)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise StrictJsonError(_TOO_LARGE)
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
)


def _refuse_characters(value: object) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_characters(name)
            _refuse_characters(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_characters(item)
    elif isinstance(value, str) and _BROKEN.search(value):
        raise StrictJsonError(_BROKEN_TEXT)


MOST_BODY_BYTES = 16 * 1024
MOST_BODY_SECONDS = 10.0


class ClientGoneError(Exception):
    """The client left before its request was complete; there is nobody to answer."""


async def whole_body(receive: Receive) -> bytes:
    """Return the body, at most `MOST_BODY_BYTES`, received within `MOST_BODY_SECONDS`.

    Raises
    ------
    ProblemError
        If it is larger or slower.
    ClientGoneError
        If the connection ended before the body did.
    """
    try:
        async with asyncio.timeout(MOST_BODY_SECONDS):
            return await _capped(receive)
    except TimeoutError as error:
        raise ProblemError(BODY_TOO_SLOW) from error


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives `body` first and then what `receive` gives."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def channel() -> Message:
        return first.pop() if first else await receive()

    return channel


async def _capped(receive: Receive) -> bytes:
    received = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        received += message.get("body", b"")
        if len(received) > MOST_BODY_BYTES:
            raise ProblemError(BODY_TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(received)
