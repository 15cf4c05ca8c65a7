"""Requests above the limit are refused at once; slow senders take no slot."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from api.http import body
from api.http.request_log import RequestLog
from api.server import overload
from api.server.overload import Load, Overload

Message = dict[str, Any]


class _Slow:
    """An application that works until it may end."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/v1/decisions":
            self.bodies.append((await receive())["body"])
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def _scope(path: str = "/v1/decisions", method: str = "POST", **more: Any) -> Scope:
    """Return what a server says of a request, without headers."""
    said = {"type": "http", "http_version": "1.1", "path": path, "method": method, "headers": []}
    return said | more


async def _ask(
    gate: Overload, *chunks: bytes, path: str = "/v1/decisions", method: str = "POST"
) -> list[Message]:
    """Send `chunks`; an empty one never arrives."""
    sent: list[Message] = []
    waiting = list(chunks or (b"{}",))

    async def receive() -> Message:
        chunk = waiting.pop(0)
        if not chunk:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    await gate(_scope(path, method), receive, send)
    return sent


def _status(sent: list[Message]) -> int:
    return int(sent[0]["status"])


async def _started(count: int, app: _Slow) -> None:
    async with asyncio.timeout(10):
        while len(app.bodies) < count:
            await asyncio.sleep(0)


def test_a_request_above_the_limit_gets_a_retry_time() -> None:
    async def overloaded() -> tuple[list[Message], list[list[Message]]]:
        app = _Slow()
        gate = Overload(app, Load(4))
        working = [asyncio.create_task(_ask(gate)) for _ in range(4)]
        await _started(4, app)
        refused = await _ask(gate)
        app.go.set()
        return refused, [*(await asyncio.gather(*working)), await _ask(gate)]

    refused, served = asyncio.run(overloaded())
    assert _status(refused) == 503
    assert (b"retry-after", b"1") in refused[0]["headers"]
    assert b"/problems/overloaded" in refused[1]["body"]
    assert [_status(sent) for sent in served] == [200] * 5


def test_a_full_service_refuses_before_it_reads_anything() -> None:
    read = 0

    async def received() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def refused(load: Load, path: str) -> list[Message]:
        sent: list[Message] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})

        service = SimpleNamespace(draining=False, plays_on=None)
        app = SimpleNamespace(state=SimpleNamespace(service=service))
        await RequestLog(Overload(behind, load))(_scope(path, app=app), received, send)
        return sent

    full = Load(most_in_work=2, working=2)
    start, body = asyncio.run(refused(full, "/v1/decisions"))
    assert start["status"] == 503
    assert {b"retry-after", b"cache-control", b"x-request-id"} <= {n for n, _ in start["headers"]}
    assert b"/problems/overloaded" in body["body"]
    assert read == 0
    assert _status(asyncio.run(refused(full, "/ready"))) == 200
    assert _status(asyncio.run(refused(Load(most_in_work=2, working=1), "/v1/decisions"))) == 200


def test_monitoring_is_answered_under_any_load() -> None:
    async def watched() -> list[int]:
        app = _Slow()
        gate = Overload(app, Load(1))
        working = asyncio.create_task(_ask(gate))
        await _started(1, app)
        found = [_status(await _ask(gate, path=path, method="GET")) for path in ("/live", "/ready")]
        app.go.set()
        await working
        return found

    assert asyncio.run(watched()) == [200, 200]


def test_slow_senders_leave_their_slots_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overload, "PROMPT_SECONDS", 0.02)

    async def crowded() -> list[int]:
        app = _Slow()
        app.go.set()
        gate = Overload(app, Load(1))
        slow = [asyncio.create_task(_ask(gate, b"{", b"")) for _ in range(100)]
        await asyncio.sleep(0)
        found = [_status(await _ask(gate))]
        await asyncio.sleep(0.1)
        found.append(_status(await _ask(gate)))
        for task in slow:
            task.cancel()
        return found

    assert asyncio.run(crowded()) == [503, 200]


def test_of_simultaneous_requests_the_refused_are_not_read() -> None:
    read = 0

    async def together() -> list[int]:
        app = _Slow()
        gate = Overload(app, Load(4))

        async def receive() -> Message:
            nonlocal read
            read += 1
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def ask() -> int:
            sent: list[Message] = []

            async def send(message: Any) -> None:
                sent.append(message)

            await gate(_scope(), receive, send)
            return _status(sent)

        asked = [asyncio.create_task(ask()) for _ in range(10)]
        await _started(4, app)
        app.go.set()
        return await asyncio.gather(*asked)

    assert sorted(asyncio.run(together())) == [200] * 4 + [503] * 6
    assert read == 4


def test_a_slow_sender_needs_a_new_slot_for_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "PROMPT_SECONDS", 0.01)

    async def late() -> list[int]:
        app, gone = _Slow(), asyncio.Event()
        gate = Overload(app, Load(1))

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.request", "body": b"{}", "more_body": False}

        sent: list[Message] = []

        async def send(message: Any) -> None:
            sent.append(message)

        slow = asyncio.create_task(gate(_scope(), receive, send))
        await asyncio.sleep(0.05)
        prompt = asyncio.create_task(_ask(gate))
        await _started(1, app)
        gone.set()
        await slow
        app.go.set()
        return [_status(sent), _status(await prompt)]

    assert asyncio.run(late()) == [503, 200]


def test_slow_senders_are_limited_and_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "MAX_SENDING", 3)
    monkeypatch.setattr(body, "MAX_BODY_SECONDS", 0.05)

    async def crowded() -> list[int]:
        gate = Overload(_Slow(), Load(9))
        slow = [asyncio.create_task(_ask(gate, b"{", b"")) for _ in range(4)]
        return [_status(sent) for sent in await asyncio.gather(*slow)]

    assert sorted(asyncio.run(crowded())) == [408, 408, 408, 503]


def test_endless_work_is_cancelled_and_frees_its_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overload, "MAX_WORK_SECONDS", 0.05)

    async def stuck() -> tuple[list[Message], int]:
        app = _Slow()
        gate = Overload(app, Load(1))
        cut = await _ask(gate)
        app.go.set()
        return cut, _status(await _ask(gate))

    cut, after = asyncio.run(stuck())
    assert b"/problems/timed-out" in cut[1]["body"]
    assert (_status(cut), after) == (503, 200)


def test_a_body_in_pieces_reaches_the_application_whole() -> None:
    async def pieces() -> list[bytes]:
        app = _Slow()
        app.go.set()
        await _ask(Overload(app, Load(1)), b'{"a"', b": 1", b"}")
        return app.bodies

    assert asyncio.run(pieces()) == [b'{"a": 1}']
