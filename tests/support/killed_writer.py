"""A process that writes to a ledger until it is killed: what it acknowledged must stay."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

from api.core.calendar import date_in_china
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.in_use import Resources
from api.ledger.commands import IdempotencyScope
from api.ledger.writer import Ledger
from model.decision.decision import Request
from tests.support.ledger_filling import loaded

#: A process that has not answered for so long is killed all the same.
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Asked:
    """One request for a decision, under its key."""

    member_id: str
    months: int
    yuan: int
    key: str

    def command(self, resources: Resources, now: datetime) -> Decide:
        """Return the request as the ledger takes it."""
        profile = resources.edition.profile(self.member_id)
        assert profile is not None
        request = Request(self.yuan, self.months, "inputs")
        body = {"m": self.member_id, "yuan": self.yuan}
        idempotency = IdempotencyScope.of("officer-1", "post_decision", self.key, body)
        today = date_in_china(now)
        return Decide(idempotency, "officer-1", self.member_id, request, profile, resources, today)


def killed_while_asking(
    settings: Settings, home: Path, now: datetime, asked: Sequence[Asked], after: int
) -> list[bytes]:
    """Let a process of its own ask, kill it (SIGKILL) after so many answers, and return these.

    It is killed at once after the answer: what it does next is cut off wherever it stands.
    """
    here, there = _fork_server().Pipe(duplex=False)
    process = _fork_server().Process(target=_ask, args=(settings, home, now, asked, there))
    process.start()
    there.close()
    try:
        return list(_acknowledged(here, min(after, len(asked))))
    finally:
        process.kill()
        process.join()
        here.close()


def _acknowledged(pipe: Connection, count: int) -> Iterator[bytes]:
    for _ in range(count):
        if not pipe.poll(_PATIENCE_SECONDS):
            return
        yield pipe.recv_bytes()


def _ask(
    settings: Settings, home: Path, now: datetime, asked: Sequence[Asked], pipe: Connection
) -> None:
    resources, ledger = loaded(home), Ledger.open(settings, lambda: now)
    for each in asked:
        pipe.send_bytes(ledger.write_now(each.command(resources, now)).body)
    time.sleep(_PATIENCE_SECONDS)  # everything stays open until the end comes


@cache
def _fork_server() -> ForkServerContext:
    """Return the context whose processes begin in milliseconds: all is imported once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context
