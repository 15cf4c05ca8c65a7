"""Commands: each is one write of the service, which yields entries and an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, Self, TypeGuard

from sqlalchemy import Connection

from api.ledger.entries import Entry, Kind, NewEntry, Outline
from api.ledger.identities import Identities


@dataclass(frozen=True)
class IdempotencyScope:
    """The scope in which a write happens once: actor, route, ``Idempotency-Key`` and body.

    Attributes
    ----------
    body_digest : str
        SHA-256 of the canonical request; another request with the same key is refused.
    """

    actor: str
    route: str
    key: str
    body_digest: str

    @classmethod
    def of(cls, actor: str, route: str, key: str, request: Mapping[str, Any]) -> IdempotencyScope:
        """Return the scope of a write for `request`, a mapping of plain JSON values."""
        return cls(actor, route, key, _sha256(request))

    @cached_property
    def scope(self) -> str:
        """Digest under which the answer is stored: the key itself may hold anything."""
        return _sha256([self.actor, self.route, self.key])


@dataclass(frozen=True)
class Answer:
    """The status, body and headers of an answer, exactly as it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """The result of a command.

    Attributes
    ----------
    accesses : tuple of mapping
        Audit rows of accesses to personal data, written in the same transaction.
    question : str or None
        Digest of the question that the decision in the first entry answers; unique in the ledger.
    """

    answer: Answer
    entries: tuple[NewEntry, ...]
    accesses: tuple[Mapping[str, Any], ...] = ()
    question: str | None = None


class View(Protocol):
    """An open transaction: all committed entries and those of this transaction so far."""

    @property
    def now(self) -> datetime:
        """The time of this transaction, in UTC."""

    @property
    def last_seq(self) -> int:
        """Number of the last entry; 0 if there is none."""

    @property
    def connection(self) -> Connection:
        """The open connection, to read tables outside the chain."""

    @property
    def identities(self) -> Identities:
        """The persons behind the pseudonyms."""

    def entries_of_decision(self, decision_id: str) -> list[Entry]:
        """Return the entries of a decision, oldest first."""

    def entries_of_decisions(self, decision_ids: Collection[str]) -> dict[str, list[Entry]]:
        """Return the entries of several decisions by decision, oldest first, in one query."""

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind] = ()) -> list[Entry]:
        """Return the entries of a subject, oldest first, of all or of some `kinds`."""

    def entries_of_subjects(
        self, subject_ids: Collection[str], kinds: Collection[Kind]
    ) -> dict[str, list[Entry]]:
        """Return the entries of several subjects by subject, in one query."""

    def entries_where(
        self, kinds: Collection[Kind] = (), place: str = "", after: int = 0, limit: int = 1_000
    ) -> list[Entry]:
        """Return up to `limit` entries after seq `after` whose place code starts with `place`."""

    def outlines(self, after: int, limit: int) -> list[Outline]:
        """Return up to `limit` committed entries after seq `after`, without their bodies."""

    def find_decisions(self, asked: Collection[str]) -> dict[str, str]:
        """Return the decision for each of the questions `asked` that has one."""

    def subject_of(self, member_id: str) -> str:
        """Return the pseudonym of a member; a new member gets a new one."""

    def member_of(self, subject_id: str) -> str | None:
        """Return the member id of a pseudonym; None after erasure."""

    def store_version(self, digest: str, kind: str, payload: Callable[[], bytes]) -> None:
        """Store a policy or card under its digest unless it is stored already."""

    def version(self, digest: str) -> bytes | None:
        """Return the stored policy or card with that digest."""


class Command(Protocol):
    """One write."""

    @property
    def idempotency(self) -> IdempotencyScope | None:
        """The idempotency scope; None for a write that the service itself initiates."""

    def run(self, view: View) -> Written:
        """Run the command.

        Raises
        ------
        Exception
            To refuse: then nothing is written, and the refusal is not stored for retries.
        """


@dataclass(frozen=True)
class Authorized:
    """A command and the authority under which it runs; see `Entry.authority`.

    The authority is None for a command that the service itself initiates.
    """

    command: Command
    authority: str | None = None


class Grouped(Command, Protocol):
    """A command that is cheaper in groups: consecutive commands of one type run together."""

    @classmethod
    def run_all(cls, view: View, commands: Sequence[Self]) -> Sequence[Written | Exception]:
        """Run `commands` in order; return a refusal, which does not affect the other commands."""


def can_run_together(commands: Sequence[Command]) -> TypeGuard[Sequence[Grouped]]:
    """Return whether `commands`, all of one type, run together."""
    # isinstance with a runtime protocol would check every member of the protocol each time.
    return len(commands) > 1 and hasattr(commands[0], "run_all")


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _sha256(value: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()
