"""Processor time of a durable decision, without a network.

    python -m benchmarks.processor_time --home data [--decisions 2000] [--callers 8] [--parts]

As many tasks as `--callers` call the application in this process, so neither client nor socket
counts. Unlike elapsed time, processor time hardly depends on other work of the machine. `--home` is
only read.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from api.core.principal import ROLES
from api.core.settings import AccessSettings, Settings
from api.server.app import create_app
from benchmarks.processor_parts import PARTS, timed_parts
from tests.support.service.callers import headers_of
from tests.support.service.running import home_to_write_in, questions

_WARM_UP = 400


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--decisions", default=2_000, show_default=True)
@click.option("--callers", default=8, show_default=True)
@click.option("--parts", is_flag=True, help="Also print the parts; timing itself costs some time.")
def main(home: Path, decisions: int, callers: int, parts: bool) -> None:
    """Measure and print."""
    timing = timed_parts() if parts else nullcontext(dict[str, float]())
    with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder, timing as spent:
        used = home_to_write_in(home, Path(folder))
        asyncio.run(_measure(used, decisions, callers))
    for part in PARTS if parts else ():
        print(f"{part:48} {spent[part] / (_WARM_UP + decisions) * 1000:.3f} ms")


async def _measure(home: Path, decisions: int, callers: int) -> None:
    settings = Settings(home, access=AccessSettings(rate_per_second=1_000_000, burst=1_000_000))
    headers = [
        (name.lower().encode(), value.encode())
        for name, value in headers_of(settings, ROLES, subject="bench").items()
    ]
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        requests = _requests(questions(home), headers)
        await _send(app, requests, _WARM_UP, callers)
        process, loop, elapsed = time.process_time(), time.thread_time(), time.perf_counter()
        await _send(app, requests, decisions, callers)
        process, loop = time.process_time() - process, time.thread_time() - loop
        elapsed = time.perf_counter() - elapsed
    print(
        f"{process / decisions * 1000:.2f} ms of processor time a decision,"
        f" {loop / decisions * 1000:.2f} of it on the event loop;"
        f" {decisions / elapsed:.0f} a second with load {os.getloadavg()[0]:.1f}"
    )


async def _send(app: Any, requests: Iterator[Any], count: int, callers: int) -> None:
    remaining = iter(range(count))

    async def caller() -> None:
        for _ in remaining:
            scope, body = next(requests)
            if (status := await _status(app, scope, body)) != 200:
                raise click.ClickException(f"answered {status}")

    await asyncio.gather(*(caller() for _ in range(callers)))


async def _status(app: Any, scope: dict[str, Any], body: bytes) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


def _requests(bodies: list[str], headers: list[tuple[bytes, bytes]]) -> Iterator[Any]:
    number = 0
    while True:
        turn, at = divmod(number, len(bodies))
        key = (b"idempotency-key", b"key-%d" % number)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "scheme": "http", "path": "/v1/decisions", "raw_path": b"/v1/decisions",
            "query_string": b"", "root_path": "", "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2), "state": {},
            "headers": [(b"content-type", b"application/json"), key, *headers],
        }  # fmt: skip
        yield scope, bodies[at].replace("%n", str(turn)).encode()
        number += 1


if __name__ == "__main__":
    main()
