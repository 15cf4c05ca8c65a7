"""One open transaction: the committed rows, and what the commands of a group add to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select

from api.core.log import log
from api.ledger.chain import (
    AuditHead,
    AuditSpan,
    Head,
    append_audit_rows,
    chain_entry,
    entry_from_row,
    format_timestamp,
)
from api.ledger.checkpoints import Span
from api.ledger.commands import IdempotencyScope, Written
from api.ledger.entries import Entry, Kind, Outline
from api.ledger.idempotency import answer_digest, encode_headers
from api.ledger.identities import Identities, Savepoint
from api.ledger.tables import answers, entries, insert_rows, questions, versions
from api.ledger.vault import Vault
from model.errors import LedgerError

_HEAD = select(entries.c.seq, entries.c.digest, entries.c.recorded_at).where(
    entries.c.seq == select(func.max(entries.c.seq)).scalar_subquery()
)
_ENTRIES = select(entries).order_by(entries.c.seq)
_BY_DECISION = _ENTRIES.where(entries.c.decision_id == bindparam("decision"))
_BY_DECISIONS = _ENTRIES.where(entries.c.decision_id.in_(bindparam("decisions", expanding=True)))
_BY_SUBJECTS = _ENTRIES.where(entries.c.subject_id.in_(bindparam("subjects", expanding=True)))
_BY_SUBJECTS_AND_KINDS = _BY_SUBJECTS.where(entries.c.kind.in_(bindparam("kinds", expanding=True)))
_BY_QUESTIONS = select(questions.c.question, questions.c.decision_id).where(
    questions.c.question.in_(bindparam("questions", expanding=True))
)
_OUTLINES = (
    select(*(entries.c[name] for name in Outline._fields))
    .where(entries.c.seq > bindparam("after"))
    .order_by(entries.c.seq)
    .limit(bindparam("limit"))
)
_VERSION = select(versions.c.payload).where(versions.c.digest == bindparam("digest"))

_INTO_VERSIONS = insert(versions)
_INTO_ENTRIES = insert(entries)
_INTO_ANSWERS = insert(answers)
_INTO_QUESTIONS = insert(questions)

#: Steps of a clock that a time server corrects.
_CLOCK_STEP = timedelta(seconds=2)

Rows = list[dict[str, Any]]


class Transaction:
    """A `View` on one connection; writes are sent to the database by `flush`."""

    def __init__(
        self,
        connection: Connection,
        vault: Vault,
        now: datetime,
        known_versions: set[str] | None = None,
    ) -> None:
        self.connection = connection
        self.identities = Identities(connection, vault)
        self.head = self._start = read_head(connection)
        self.now = _not_before(self.head, now)
        self._timestamp = format_timestamp(self.now)
        self._entries: Rows = []
        self._answers: Rows = []
        self._questions: Rows = []
        self._accesses: Rows = []
        self._audit_span = AuditSpan(AuditHead(), AuditHead())
        self.new_versions: dict[str, dict[str, Any]] = {}
        self._known_versions = set() if known_versions is None else known_versions

    @property
    def last_seq(self) -> int:
        """Number of the last entry; 0 if there is none."""
        return self.head.seq

    def entries_of_decision(self, decision_id: str) -> list[Entry]:
        """Return the entries of a decision, oldest first."""
        pending = [row for row in self._entries if row["decision_id"] == decision_id]
        return self._select(_BY_DECISION, {"decision": decision_id}, pending)

    def entries_of_decisions(self, decision_ids: Collection[str]) -> dict[str, list[Entry]]:
        """Return the entries of several decisions by decision, oldest first, in one query."""
        pending = [row for row in self._entries if row["decision_id"] in decision_ids]
        by_decision: dict[str, list[Entry]] = {each: [] for each in decision_ids}
        for entry in self._select(_BY_DECISIONS, {"decisions": list(decision_ids)}, pending):
            by_decision[entry.decision_id or ""].append(entry)
        return by_decision

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind] = ()) -> list[Entry]:
        """Return the entries of a subject, oldest first, of all or of some `kinds`."""
        return self.entries_of_subjects([subject_id], kinds).get(subject_id, [])

    def entries_of_subjects(
        self, subject_ids: Collection[str], kinds: Collection[Kind] = ()
    ) -> dict[str, list[Entry]]:
        """Return the entries of several subjects by subject, in one query."""
        if not subject_ids:
            return {}
        bounds = {"subjects": list(subject_ids)} | ({"kinds": list(kinds)} if kinds else {})
        statement = _BY_SUBJECTS_AND_KINDS if kinds else _BY_SUBJECTS
        pending = [
            row
            for row in self._entries
            if row["subject_id"] in subject_ids and (not kinds or row["kind"] in kinds)
        ]
        by_subject: dict[str, list[Entry]] = {}
        for entry in self._select(statement, bounds, pending):
            by_subject.setdefault(entry.subject_id, []).append(entry)
        return by_subject

    def entries_where(
        self, kinds: Collection[Kind] = (), place: str = "", after: int = 0, limit: int = 1_000
    ) -> list[Entry]:
        """Return up to `limit` entries after seq `after` whose place code starts with `place`."""
        statement = _ENTRIES.where(entries.c.seq > after)
        if kinds:
            statement = statement.where(entries.c.kind.in_(list(kinds)))
        if place:
            # ':' follows '9', so the range holds exactly the codes that start with the prefix.
            code = entries.c.place_code
            statement = statement.where(code >= place, code < place + ":")
        pending = [
            row
            for row in self._entries
            if row["seq"] > after
            and (not kinds or row["kind"] in kinds)
            and row["place_code"].startswith(place)
        ]
        return self._select(statement.limit(limit), {}, pending)[:limit]

    def outlines(self, after: int, limit: int) -> list[Outline]:
        """Return up to `limit` committed entries after seq `after`, without their bodies."""
        rows = self.connection.execute(_OUTLINES, {"after": after, "limit": limit}).all()
        return [Outline._make(row) for row in rows]

    def find_decisions(self, asked: Collection[str]) -> dict[str, str]:
        """Return the decision for each of the questions `asked` that has one."""
        if not asked:
            return {}
        rows = self.connection.execute(_BY_QUESTIONS, {"questions": list(asked)})
        found = {str(question): str(decision) for question, decision in rows}
        pending = {row["question"]: row["decision_id"] for row in self._questions}
        return found | {question: pending[question] for question in asked if question in pending}

    def subject_of(self, member_id: str) -> str:
        """Return the pseudonym of a member; a new member gets a new one."""
        return self.identities.subject_of(member_id)

    def member_of(self, subject_id: str) -> str | None:
        """Return the member id of a pseudonym; None after erasure."""
        person = self.identities.person(subject_id)
        return person["member_id"] if person else None

    def version(self, digest: str) -> bytes | None:
        """Return the stored policy or card with that digest."""
        payload = self.connection.execute(_VERSION, {"digest": digest}).scalar()
        return None if payload is None else bytes(payload)

    def store_version(self, digest: str, kind: str, payload: Callable[[], bytes]) -> None:
        """Store a policy or card under its digest unless it is stored already."""
        if digest in self._known_versions or digest in self.new_versions:
            return
        if self.version(digest) is not None:
            self._known_versions.add(digest)
            return
        content = payload()
        if hashlib.sha256(content).hexdigest() != digest:
            raise LedgerError(f"the {kind} in use does not have its digest {digest[:16]}")
        self.new_versions[digest] = {"digest": digest, "kind": kind, "payload": content}

    def append(
        self,
        idempotency: IdempotencyScope | None,
        written: Written,
        authority: str | None = None,
    ) -> None:
        """Append the result of a command, which ran under `authority`, to the chains."""
        first = self.head.seq + 1
        seal = None
        if idempotency and written.entries:
            row = _answer_row(idempotency, written, first)
            seal = answer_digest(row)
            self._answers.append(row)
        for new in written.entries:
            identity = self.identities.take_digest(new.subject_id)
            row = chain_entry(new, self.head, self._timestamp, seal, identity, authority)
            self.head, seal = Head(row["seq"], row["digest"], self._timestamp), None
            self._entries.append(row)
        if written.question and written.entries:
            decision = written.entries[0].decision_id
            row = {"question": written.question, "decision_id": decision, "seq": first}
            self._questions.append(row)
        self._accesses += [
            {"accessed_at": self._timestamp, "authority": authority, **access}
            for access in written.accesses
        ]

    @property
    def has_pending(self) -> bool:
        """Whether there are rows to write."""
        return bool(self._entries or self._accesses)

    @property
    def first_entry_id(self) -> str | None:
        """The id of the first entry that this transaction appends."""
        return str(self._entries[0]["entry_id"]) if self._entries else None

    @property
    def span(self) -> Span:
        """What the transaction appended to both chains; valid after `flush`."""
        return Span(self._start, self.head, self._audit_span)

    def savepoint(self) -> tuple[Savepoint, set[str]]:
        """Return the state that `roll_back_to` restores after a refusal."""
        return self.identities.savepoint(), set(self.new_versions)

    def roll_back_to(self, savepoint: tuple[Savepoint, set[str]]) -> None:
        """Discard the changes since `savepoint`; a refused command has appended no entry."""
        identities, digests = savepoint
        self.identities.roll_back_to(identities)
        self.new_versions = {d: row for d, row in self.new_versions.items() if d in digests}

    def flush(self) -> None:
        """Write the pending rows, with one statement for each table."""
        if self._entries and self._timestamp < self._start.recorded_at:
            log.warning("clock went back")
        self.identities.flush()
        insert_rows(self.connection, _INTO_VERSIONS, list(self.new_versions.values()))
        insert_rows(self.connection, _INTO_ENTRIES, self._entries)
        insert_rows(self.connection, _INTO_ANSWERS, self._answers)
        insert_rows(self.connection, _INTO_QUESTIONS, self._questions)
        self._audit_span = append_audit_rows(self.connection, self._accesses)

    def _select(
        self, statement: Select[Any], bounds: Mapping[str, Any], pending: Rows
    ) -> list[Entry]:
        rows = self.connection.execute(statement, bounds).mappings()
        return [entry_from_row(row) for row in (*rows, *pending)]


def _not_before(head: Head, now: datetime) -> datetime:
    """Return `now`, or the time of the last entry if the clock was set back by a little since.

    A clock that went back further is wrong now or was wrong then. No entry can tell which, so its
    time is stored as it is, and verification reports it.
    """
    if not head.recorded_at:
        return now
    last = datetime.fromisoformat(head.recorded_at)
    return last if last - _CLOCK_STEP <= now < last else now


def read_head(connection: Connection) -> Head:
    """Return the last committed entry."""
    row = connection.execute(_HEAD).first()
    return Head(*row) if row else Head()


def _answer_row(idempotency: IdempotencyScope, written: Written, seq: int) -> dict[str, Any]:
    return {
        "scope": idempotency.scope,
        "body_digest": idempotency.body_digest,
        "seq": seq,
        "status": written.answer.status,
        "headers": encode_headers(written.answer),
        "body": written.answer.body,
    }
