"""What one ``POST /v1/decisions`` passes in this product: files, functions, moves between files.

The application runs in this process on a small home with an SQLite ledger. Every call of a function
of the product is written down, on every thread, until the answer is out and the ledger's line
outside is written.
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
from benchmarks.small_home import AS_OF
from tests.support.callers import headers_of
from tests.support.running_service import home_to_write_in, questions

#: Approvals that are traced; one of them is told.
TRACED = 5
#: Enough for the line outside, and too short for the watcher and the webhooks to come by often.
_AFTER_SECONDS = 0.05
_MADE_BY_COMPILER = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<lambda>")


@dataclass(frozen=True)
class Passed:
    """What one request passed.

    Attributes
    ----------
    functions : int
        By file and name: all methods of one name in a file count as one, and so do its list
        comprehensions, its generator expressions and its lambdas.
    named : int
        Every ``def`` by itself, without comprehensions and lambdas.
    moves : int
        Pairs of calls, one after the other by the clock, that lie in different files; a coroutine
        that goes on counts as a call.
    """

    files: int
    functions: int
    named: int
    moves: int

    @classmethod
    def by(cls, calls: list[CodeType]) -> Passed:
        """Count what the calls of one request passed."""
        return cls(
            files=len({code.co_filename for code in calls}),
            functions=len({(code.co_filename, code.co_name) for code in calls}),
            named=len({code for code in calls if code.co_name not in _MADE_BY_COMPILER}),
            moves=sum(a.co_filename != b.co_filename for a, b in pairwise(calls)),
        )


class Calls:
    """The calls of the product's functions while `on`, in order, whatever the thread."""

    def __init__(self, files: set[str]) -> None:
        self.on = False
        self.made: list[CodeType] = []
        self._files = files

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Write down a call; the interpreter asks for it."""
        if self.on and event == "call" and frame.f_code.co_filename in self._files:
            self.made.append(frame.f_code)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow this thread, and all that begin until the end of the block."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def passed_by_a_decision(published: Path, folder: Path, files: set[str]) -> Passed:
    """Return what an approval passes: of `TRACED` approvals the one of the median number of moves.

    Parameters
    ----------
    published
        A home with card and edition; it is copied to `folder`.
    files
        Paths of the product's files, as the interpreter knows them.
    """
    calls = Calls(files)
    home = home_to_write_in(published, folder)
    with redirect_stderr(io.StringIO()), calls.followed():
        found = asyncio.run(_approvals(home, calls))
    # The service sets what lasts apart from collection, which its own end would do without.
    gc.unfreeze()
    return sorted(found, key=lambda passed: passed.moves)[TRACED // 2]


async def _approvals(home: Path, calls: Calls) -> list[Passed]:
    found: list[Passed] = []
    async with _client(home) as client:
        for number, asked in enumerate(questions(home)):
            outcome, made = await _asked(client, asked.replace("%n", "0"), number, calls)
            # The first request is left out: it imports and fills caches.
            if number and outcome == "APPROVE":
                found.append(Passed.by(made))
            if len(found) == TRACED:
                return found
    raise RuntimeError(f"only {len(found)} of the home's members are approved")


async def _asked(
    client: httpx.AsyncClient, asked: str, number: int, calls: Calls
) -> tuple[str, list[CodeType]]:
    calls.made, calls.on = [], True
    key = {"Content-Type": "application/json", "Idempotency-Key": f"key-{number}"}
    answer = await client.post("/v1/decisions", content=asked, headers=key)
    await asyncio.sleep(_AFTER_SECONDS)
    calls.on = False
    answer.raise_for_status()
    return json.loads(answer.text)["outcome"], calls.made


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
