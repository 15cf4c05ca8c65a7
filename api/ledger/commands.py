"""A command: one write of the service, from what is committed to entries and an answer."""

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
    """Under what a write is done once: who, which route, which ``Idempotency-Key``, what body.

    Attributes
    ----------
    body_digest : str
        SHA-256 of the request in canonical form; another one under the same key is refused.
    """

    actor: str
    route: str
    key: str
    body_digest: str

    @classmethod
    def of(cls, actor: str, route: str, key: str, request: Mapping[str, Any]) -> IdempotencyScope:
        """Return the scope of a write that was asked for by `request`, plain JSON values."""
        return cls(actor, route, key, _sha256(request))

    @cached_property
    def scope(self) -> str:
        """What the answer is kept under: a client's key may say anything, so it is not stored."""
        return _sha256([self.actor, self.route, self.key])


@dataclass(frozen=True)
class Answer:
    """Exactly what HTTP sends."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What a command did.

    Attributes
    ----------
    accesses : tuple of mapping
        Rows for the audit of accesses to personal data, written in the same transaction.
    question : str or None
        Digest of the question that the first entry's decision answers, unique over the ledger.
    """

    answer: Answer
    entries: tuple[NewEntry, ...]
    accesses: tuple[Mapping[str, Any], ...] = ()
    question: str | None = None


class View(Protocol):
    """An open transaction: all that is committed, and what this transaction has done so far."""

    @property
    def now(self) -> datetime:
        """The moment of this transaction, in UTC."""

    @property
    def last_seq(self) -> int:
        """Number of the last entry; 0 while there is none."""

    @property
    def connection(self) -> Connection:
        """The open connection, to read what stands outside the chain."""

    @property
    def identities(self) -> Identities:
        """Who the pseudonyms stand for."""

    def entries_of_decision(self, decision_id: str) -> list[Entry]:
        """Return the decision's entries, oldest first."""

    def entries_of_decisions(self, decision_ids: Collection[str]) -> dict[str, list[Entry]]:
        """Return the entries of several decisions in one look, by decision, oldest first."""

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind] = ()) -> list[Entry]:
        """Return the subject's entries, oldest first; `kinds` narrows them."""

    def entries_of_subjects(
        self, subject_ids: Collection[str], kinds: Collection[Kind]
    ) -> dict[str, list[Entry]]:
        """Return the entries of several subjects in one look, by subject."""

    def entries_where(
        self, kinds: Collection[Kind] = (), place: str = "", after: int = 0, most: int = 1_000
    ) -> list[Entry]:
        """Return up to `most` entries behind seq `after` in places whose code begins `place`."""

    def outlines(self, after: int, most: int) -> list[Outline]:
        """Return up to `most` committed entries behind seq `after`, without their bodies."""

    def decisions_on(self, questions: Collection[str]) -> dict[str, str]:
        """Return the decision that answers each of `questions`, where there is one."""

    def subject_of(self, member_id: str) -> str:
        """Return the member's pseudonym; made on the spot for a new member."""

    def member_of(self, subject_id: str) -> str | None:
        """Return the member id behind a pseudonym; None after erasure."""

    def keep_version(self, digest: str, kind: str, payload: Callable[[], bytes]) -> None:
        """Store a policy or card under its digest, unless it is there already."""

    def version(self, digest: str) -> bytes | None:
        """Return the stored policy or card with that digest."""


class Command(Protocol):
    """One write."""

    @property
    def idempotency(self) -> IdempotencyScope | None:
        """The idempotency scope; None for a write of the service's own."""

    def run(self, view: View) -> Written:
        """Do it.

        Raises
        ------
        Exception
            To refuse; then nothing is written, and the refusal is not kept.
        """


class Grouped(Command, Protocol):
    """A command that is cheaper by the dozen: neighbours of one type are run together."""

    @classmethod
    def run_all(cls, view: View, commands: Sequence[Self]) -> Sequence[Written | Exception]:
        """Do all of them, in order; one's refusal is returned and leaves the others alone."""


def are_grouped(commands: Sequence[Command]) -> TypeGuard[Sequence[Grouped]]:
    """Whether `commands`, all of one type, are run together."""
    # Asked once a group: a protocol that isinstance understands looks at every member each time.
    return len(commands) > 1 and hasattr(commands[0], "run_all")


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _sha256(value: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()
