"""A body that does not arrive, or does not end, is refused without waiting for the client."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from api.http import body
from api.http.body import MAX_BODY_BYTES, ClientGoneError, read_body
from api.http.problem_kinds import BODY_TOO_LARGE, BODY_TOO_SLOW
from api.http.problems import ProblemError


def test_a_body_that_never_arrives_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits that long")

    monkeypatch.setattr(body, "MAX_BODY_SECONDS", 0.05)
    began = time.monotonic()
    with pytest.raises(ProblemError) as refusal:
        asyncio.run(read_body(silence))
    assert refusal.value.kind == BODY_TOO_SLOW
    assert time.monotonic() - began < 5


def test_a_body_without_end_is_refused_at_the_size_limit() -> None:
    received = 0

    async def endless() -> dict[str, Any]:
        nonlocal received
        received += 1_000
        return {"type": "http.request", "body": b" " * 1_000, "more_body": True}

    with pytest.raises(ProblemError) as refusal:
        asyncio.run(read_body(endless))
    assert refusal.value.kind == BODY_TOO_LARGE
    assert received <= MAX_BODY_BYTES + 1_000


def test_a_client_that_disconnects_during_its_body_is_not_answered() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGoneError):
        asyncio.run(read_body(gone))
