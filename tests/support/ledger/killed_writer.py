"""A process that writes to a ledger until it is killed; what it acknowledged must be stored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from api.core.calendar import date_in_china
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.in_use import Resources
from api.ledger.commands import IdempotencyScope
from api.ledger.writer import Ledger
from model.decision.decision import Request
from tests.support.fork_server import fork_server
from tests.support.ledger.filling import loaded

#: A process that does not answer within this time is killed.
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Asked:
    """One request for a decision with its idempotency key."""

    member_id: str
    months: int
    yuan: int
    key: str

    def command(self, resources: Resources, now: datetime) -> Decide:
        """Return the request as a command of the ledger."""
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
    """Ask in a child process, kill it (SIGKILL) `after` so many answers, and return these.

    The kill comes right after the answer, so it can hit the process anywhere in its next step.
    """
    receiver, sender = fork_server().Pipe(duplex=False)
    process = fork_server().Process(target=_ask, args=(settings, home, now, asked, sender))
    process.start()
    sender.close()
    try:
        return list(_acknowledged(receiver, min(after, len(asked))))
    finally:
        process.kill()
        process.join()
        receiver.close()


def _acknowledged(pipe: Connection, count: int) -> Iterator[bytes]:
    for _ in range(count):
        if not pipe.poll(_TIMEOUT_SECONDS):
            return
        yield pipe.recv_bytes()


def _ask(
    settings: Settings, home: Path, now: datetime, asked: Sequence[Asked], pipe: Connection
) -> None:
    resources, ledger = loaded(home), Ledger.open(settings, lambda: now)
    for each in asked:
        pipe.send_bytes(ledger.write_now(each.command(resources, now)).body)
    time.sleep(_TIMEOUT_SECONDS)  # Ledger and pipe stay open until the kill.
