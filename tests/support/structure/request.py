"""Files and functions of the product that one ``POST /v1/decisions`` runs through.

The application runs in this process on a small home with an SQLite ledger. A profiler records every
call of a product function on every thread, until the response is out and the line of the checkpoint
file is written.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx

from api.core.principal import ROLES
from api.core.settings import AccessSettings, Settings
from api.server.app import create_app
from tests.support.recording.home import AS_OF, make_home
from tests.support.service.callers import headers_of
from tests.support.service.running import home_to_write_in, questions

#: Approvals that are traced; the figures are those of the median.
TRACED = 5
#: Long enough for the checkpoint line; short enough that watcher and webhooks rarely run.
_SECONDS_AFTER_RESPONSE = 0.05
_COMPILER_NAMES = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<lambda>")


@dataclass(frozen=True)
class RequestPath:
    """Counts over the calls of one request.

    Attributes
    ----------
    functions : int
        By file and name: methods of one name in a file count once, and so do its comprehensions
        and lambdas.
    named : int
        Every ``def`` separately, without comprehensions and lambdas.
    moves : int
        Consecutive calls that lie in different files; resuming a coroutine counts as a call.
    """

    files: int
    functions: int
    named: int
    moves: int

    @classmethod
    def of(cls, calls: list[CodeType]) -> RequestPath:
        """Count the calls of one request."""
        return cls(
            files=len({code.co_filename for code in calls}),
            functions=len({(code.co_filename, code.co_name) for code in calls}),
            named=len({code for code in calls if code.co_name not in _COMPILER_NAMES}),
            moves=sum(a.co_filename != b.co_filename for a, b in pairwise(calls)),
        )


class CallRecorder:
    """Records calls of functions in `files`, in order and on all threads, while it is `on`."""

    def __init__(self, files: set[str]) -> None:
        self.on = False
        self.calls: list[CodeType] = []
        self._files = files

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Record a call; the interpreter calls this as its profile function."""
        if self.on and event == "call" and frame.f_code.co_filename in self._files:
            self.calls.append(frame.f_code)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Profile this thread, and all threads that start within the block."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def trace_decision(folder: Path, files: set[str]) -> RequestPath:
    """Trace `TRACED` approvals in a home under `folder`; return the one with the median moves.

    Parameters
    ----------
    files
        Paths of the product's files, as the interpreter names them.
    """
    recorder = CallRecorder(files)
    home = home_to_write_in(make_home(folder / "published"), folder)
    with redirect_stderr(io.StringIO()), recorder.installed():
        paths = asyncio.run(_trace_approvals(home, recorder))
    # The service froze its start-up objects for the garbage collector; this process goes on.
    gc.unfreeze()
    return sorted(paths, key=lambda path: path.moves)[TRACED // 2]


async def _trace_approvals(home: Path, recorder: CallRecorder) -> list[RequestPath]:
    paths: list[RequestPath] = []
    async with _client(home) as client:
        for number, body in enumerate(questions(home)):
            outcome, calls = await _trace(client, body.replace("%n", "0"), number, recorder)
            # The first request also imports modules and fills caches, so it does not count.
            if number and outcome == "APPROVE":
                paths.append(RequestPath.of(calls))
            if len(paths) == TRACED:
                return paths
    raise RuntimeError(f"only {len(paths)} members of the home are approved, need {TRACED}")


async def _trace(
    client: httpx.AsyncClient, body: str, number: int, recorder: CallRecorder
) -> tuple[str, list[CodeType]]:
    recorder.calls, recorder.on = [], True
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"key-{number}"}
    response = await client.post("/v1/decisions", content=body, headers=headers)
    await asyncio.sleep(_SECONDS_AFTER_RESPONSE)
    recorder.on = False
    response.raise_for_status()
    return json.loads(response.text)["outcome"], recorder.calls


@asynccontextmanager
async def _client(home: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(home, access=AccessSettings(rate_per_second=1_000_000, burst=1_000_000))
    app = create_app(settings, lambda: AS_OF)
    transport, headers = httpx.ASGITransport(app), headers_of(settings, ROLES, subject="bench")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client,
    ):
        yield client
