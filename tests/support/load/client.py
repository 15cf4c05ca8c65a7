"""An inexpensive HTTP/1.1 load client with many connections, in its own process.

    python -m tests.support.load.client < plan.json > figures.json

The client shares the machine with the server under test, so a request must cost little: raw
sockets, prepared bytes, answers parsed only for status and length, and uvloop.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any, cast

import uvloop

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *([0-9]+)")
_CLOSES = re.compile(rb"\r\n[Cc]onnection: *close")


@dataclass
class Plan:
    """What to send.

    Attributes
    ----------
    bodies : list of str
        JSON bodies, sent in turn without end; ``%n`` in a body is replaced by the number of the
        round, so that no question repeats.
    rate : float or None
        Requests a second, regardless of answers (open loop); None sends the next request on a
        connection after the answer to the previous one (closed loop).
    warm_seconds : float
        Time before measurement starts.
    first : int
        The number of the first request.
    collect : int
        How many 2xx answers to return in full, with their idempotency keys.
    """

    port: int
    path: str
    bodies: list[str]
    connections: int
    seconds: float
    headers: dict[str, str] = field(default_factory=dict)
    rate: float | None = None
    warm_seconds: float = 1.0
    key_prefix: str = "bench"
    first: int = 0
    collect: int = 0

    def requests(self) -> Iterator[tuple[str, bytes]]:
        """Yield idempotency keys with the bytes of their requests, without end."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"{extra}Idempotency-Key: "
        )
        for n in count(self.first):
            key, body = f"{self.key_prefix}-{n}", self.body(n)
            length = len(body.encode())
            yield key, f"{head}{key}\r\nContent-Length: {length}\r\n\r\n{body}".encode()

    def body(self, n: int) -> str:
        """Return the body of the request whose idempotency key ends in `n`."""
        turn, at = divmod(n, len(self.bodies))
        return self.bodies[at].replace("%n", str(turn))


class Connection(asyncio.Protocol):
    """One keep-alive connection: one request at a time, with the time to its answer."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.key = ""
        self.started = 0.0
        self.busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the load."""
        # uvloop's transport does not inherit from asyncio.Transport.
        self.transport = cast(asyncio.Transport, transport)
        self.load.freed(self)

    @property
    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self.transport is None or self.transport.is_closing()

    def send(self, key: str, request: bytes) -> None:
        """Send `request` and start its timer."""
        assert self.transport is not None
        self.key, self.started, self.busy = key, time.perf_counter(), True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect an answer; report it when it is complete."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end]
        length = _LENGTH.search(head)
        total = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) < total:
            return
        body, self.buffer = self.buffer[end + 4 : total], self.buffer[total:]
        self.busy = False
        self.load.answered(self.key, int(head[9:12]), time.perf_counter() - self.started, body)
        if _CLOSES.search(head):
            assert self.transport is not None
            self.transport.close()
        else:
            self.load.freed(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Record an unanswered request, and connect again."""
        if self.busy:
            self.load.lost(self.key)
        self.load.connect_again()


class Load:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.requests = plan.requests()
        self.sent = 0
        self.free: deque[Connection] = deque()
        self.millis: dict[int, list[float]] = {}
        self.by_second: Counter[int] = Counter()
        self.collected: list[tuple[str, str]] = []
        self.unanswered: list[str] = []
        self.unsent = 0
        self.started = self.ends = self.counts_from = 0.0
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> dict[str, Any]:
        """Send for as long as planned and return the figures."""
        self.started = time.perf_counter()
        self.counts_from = self.started + self.plan.warm_seconds
        self.ends = self.counts_from + self.plan.seconds
        await asyncio.gather(*(self._connect() for _ in range(self.plan.connections)))
        if self.plan.rate:
            await self._offer(self.plan.rate)
        await asyncio.sleep(max(0.0, self.ends - time.perf_counter()))
        # Requests sent in time may still be answered.
        await asyncio.sleep(0.5)
        return self._figures()

    def freed(self, connection: Connection) -> None:
        """Use an idle connection."""
        if time.perf_counter() >= self.ends:
            return
        if self.plan.rate is None:
            connection.send(*self._next())
        else:
            self.free.append(connection)

    def answered(self, key: str, status: int, seconds: float, body: bytes) -> None:
        """Record one answer."""
        if 200 <= status < 300 and len(self.collected) < self.plan.collect:
            self.collected.append((key, body.decode()))
        now = time.perf_counter()
        if self.counts_from <= now < self.ends:
            self.millis.setdefault(status, []).append(seconds * 1000)
            if status < 300:
                self.by_second[int(now - self.counts_from)] += 1

    def lost(self, key: str) -> None:
        """Record a request whose connection ended before its answer."""
        self.unanswered.append(key)

    def connect_again(self) -> None:
        """Replace a connection that ended."""
        if time.perf_counter() < self.ends:
            task = asyncio.get_running_loop().create_task(self._connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _next(self) -> tuple[str, bytes]:
        self.sent += 1
        return next(self.requests)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while time.perf_counter() < self.ends:
            try:
                await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return

    async def _offer(self, rate: float) -> None:
        started, sent = time.perf_counter(), 0
        while (now := time.perf_counter()) < self.ends:
            due = int((now - started) * rate)
            while sent < due:
                sent += 1
                while self.free and self.free[0].is_closing:
                    self.free.popleft()
                if self.free:
                    self.free.popleft().send(*self._next())
                else:
                    self.unsent += 1
            await asyncio.sleep(0.002)

    def _figures(self) -> dict[str, Any]:
        return {
            "seconds": self.plan.seconds,
            "answers": {status: _spread(found) for status, found in sorted(self.millis.items())},
            "goodput": sum(self.by_second.values()) / self.plan.seconds,
            "worst_second": min(
                (self.by_second[i] for i in range(int(self.plan.seconds))), default=0
            ),
            "unanswered": self.unanswered,
            "unsent": self.unsent,
            "sent": self.sent,
            "next": self.plan.first + self.sent,
            "collected": self.collected,
        }


def _spread(millis: list[float]) -> dict[str, float]:
    ordered = sorted(millis)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    spread = {name: ordered[int(share * (len(ordered) - 1))] for name, share in at.items()}
    return {"count": len(ordered), **{k: round(v, 2) for k, v in spread.items()},
            "max": round(ordered[-1], 2)}  # fmt: skip


def measure(plan: Plan) -> dict[str, Any]:
    """Run `plan` in a new process and return its figures."""
    command = [sys.executable, "-m", "tests.support.load.client"]
    done = subprocess.run(
        command, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(Load(Plan(**json.load(sys.stdin))).run())
        sys.stdout.write(json.dumps(found) + "\n")
