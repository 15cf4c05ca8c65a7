"""Request bodies: read in full, bounded in size and time, and parsed as strict JSON (RFC 8259).

Python's own parser accepts NaN, duplicate names, UTF-16 and lone surrogates. Validation behind it
cannot see them, another parser may read them differently, and an answer that repeats them cannot be
encoded.
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

MAX_BODY_BYTES = 16 * 1024
MAX_BODY_SECONDS = 10.0
#: Requests of this API nest two levels; deeper nesting is an attack on the parser.
MAX_DEPTH = 8


class ClientGoneError(Exception):
    """The client disconnected before its request was complete, so no answer can be sent."""


async def read_body(receive: Receive) -> bytes:
    """Return the body, at most `MAX_BODY_BYTES`, received within `MAX_BODY_SECONDS`.

    Raises
    ------
    ProblemError
        If it is larger or slower.
    ClientGoneError
        If the client disconnects before the end of the body.
    """
    try:
        async with asyncio.timeout(MAX_BODY_SECONDS):
            return await _receive_bounded(receive)
    except TimeoutError as error:
        raise ProblemError(BODY_TOO_SLOW) from error


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return an ASGI channel that delivers `body` first and then what `receive` delivers."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def channel() -> Message:
        return first.pop() if first else await receive()

    return channel


async def _receive_bounded(receive: Receive) -> bytes:
    received = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        received += message.get("body", b"")
        if len(received) > MAX_BODY_BYTES:
            raise ProblemError(BODY_TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(received)


class StrictJsonError(ValueError):
    """The bytes are not strict JSON; `why` says what is expected, in both languages."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


_NOT_JSON = Text("UTF-8 编码的 JSON", "JSON in UTF-8")
_TOO_DEEP = Text("嵌套层数更少", "fewer nested levels")
_DUPLICATE_NAME = Text("同一对象中字段名不重复", "each name once in an object")
_NOT_A_NUMBER = Text("不含 NaN 和 Infinity", "no NaN and no Infinity")
_NUMBER_TOO_LARGE = Text("数值在双精度范围内", "numbers within the range of a double")
_BROKEN_TEXT = Text("文本不含 NUL 和不完整的字符", "texts without NUL or incomplete characters")

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_BROKEN_CHARACTER = re.compile("[\0\ud800-\udfff]")


def parse_strict_json(body: bytes) -> object:
    """Return the value that `body` holds.

    Raises
    ------
    StrictJsonError
        If it is not UTF-8, not JSON, nested too deeply, or holds a duplicate name, NaN, an
        infinity, a number out of the range of a double, a lone surrogate or NUL.
    """
    _refuse_depth(body)
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except StrictJsonError:
        raise
    except (ValueError, RecursionError) as error:
        # Do not pass on the parser's message, which quotes the input.
        raise StrictJsonError(_NOT_JSON) from error
    # Valid UTF-8 has no lone surrogates and valid JSON no bare NUL: only escapes can make them.
    if b"\\" in body:
        _refuse_broken_characters(value)
    return value


def _refuse_depth(body: bytes) -> None:
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise StrictJsonError(_TOO_DEEP)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        raise StrictJsonError(_DUPLICATE_NAME)
    return built


def _refuse_constant(_: str) -> float:
    raise StrictJsonError(_NOT_A_NUMBER)


def _parse_finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise StrictJsonError(_NUMBER_TOO_LARGE)
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_build_object, parse_constant=_refuse_constant, parse_float=_parse_finite
)


def _refuse_broken_characters(value: object) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_broken_characters(name)
            _refuse_broken_characters(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_broken_characters(item)
    elif isinstance(value, str) and _BROKEN_CHARACTER.search(value):
        raise StrictJsonError(_BROKEN_TEXT)
