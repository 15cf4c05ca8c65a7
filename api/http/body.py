"""The whole body of a request, capped and timed, before anything is done about the request."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

from api.http.problem_kinds import BODY_TOO_LARGE, BODY_TOO_SLOW
from api.http.problems import ProblemError

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
