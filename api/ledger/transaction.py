"""One open transaction: what is committed, and what the commands of this group add to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select

from api.ledger.chain import (
    AuditHead,
    AuditSpan,
    Head,
    append_audit_rows,
    chained,
    entry_of,
    moment,
)
from api.ledger.checkpoints import Span
from api.ledger.commands import IdempotencyScope, Written
from api.ledger.entries import Entry, Kind, Outline
from api.ledger.idempotency import sealed_digest, stored_headers
from api.ledger.identities import Identities, Mark, Vault
from api.ledger.tables import add_rows, answers, entries, questions, versions
from model.errors import LedgerError

_HEAD = select(entries.c.seq, entries.c.digest).where(
    entries.c.seq == select(func.max(entries.c.seq)).scalar_subquery()
)
_ENTRIES = select(entries).order_by(entries.c.seq)
_OF_DECISION = _ENTRIES.where(entries.c.decision_id == bindparam("decision"))
_OF_DECISIONS = _ENTRIES.where(entries.c.decision_id.in_(bindparam("decisions", expanding=True)))
_OF_SUBJECTS = _ENTRIES.where(entries.c.subject_id.in_(bindparam("subjects", expanding=True)))
_OF_SUBJECTS_AND_KINDS = _OF_SUBJECTS.where(entries.c.kind.in_(bindparam("kinds", expanding=True)))
_ON_QUESTIONS = select(questions.c.question, questions.c.decision_id).where(
    questions.c.question.in_(bindparam("asked", expanding=True))
)
_OUTLINES = (
    select(*(entries.c[name] for name in Outline._fields))
    .where(entries.c.seq > bindparam("after"))
    .order_by(entries.c.seq)
    .limit(bindparam("most"))
)
_VERSION = select(versions.c.payload).where(versions.c.digest == bindparam("sought"))

_INTO_VERSIONS = insert(versions)
_INTO_ENTRIES = insert(entries)
_INTO_ANSWERS = insert(answers)
_INTO_QUESTIONS = insert(questions)

Rows = list[dict[str, Any]]


class Transaction:
    """A `View` on one connection; nothing is sent to the database before `flush`."""

    def __init__(
        self,
        connection: Connection,
        vault: Vault,
        now: datetime,
        known_versions: set[str] | None = None,
    ) -> None:
        self.connection = connection
        self.now, self._moment = now, moment(now)
        self.identities = Identities(connection, vault)
        self.head = self._began = read_head(connection)
        self._entries: Rows = []
        self._answers: Rows = []
        self._questions: Rows = []
        self._accesses: Rows = []
        self._looks = AuditSpan(AuditHead(), AuditHead())
        self.new_versions: dict[str, dict[str, Any]] = {}
        self._known_versions = set() if known_versions is None else known_versions

    @property
    def last_seq(self) -> int:
        """Number of the last entry; 0 while there is none."""
        return self.head.seq

    def entries_of_decision(self, decision_id: str) -> list[Entry]:
        """Return the decision's entries, oldest first."""
        pending = [row for row in self._entries if row["decision_id"] == decision_id]
        return self._found(_OF_DECISION, {"decision": decision_id}, pending)

    def entries_of_decisions(self, decision_ids: Collection[str]) -> dict[str, list[Entry]]:
        """Return the entries of several decisions in one look, by decision, oldest first."""
        pending = [row for row in self._entries if row["decision_id"] in decision_ids]
        found: dict[str, list[Entry]] = {each: [] for each in decision_ids}
        for entry in self._found(_OF_DECISIONS, {"decisions": list(decision_ids)}, pending):
            found[entry.decision_id or ""].append(entry)
        return found

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind] = ()) -> list[Entry]:
        """Return the subject's entries, oldest first; `kinds` narrows them."""
        return self.entries_of_subjects([subject_id], kinds).get(subject_id, [])

    def entries_of_subjects(
        self, subject_ids: Collection[str], kinds: Collection[Kind] = ()
    ) -> dict[str, list[Entry]]:
        """Return the entries of several subjects in one look, by subject."""
        if not subject_ids:
            return {}
        sought = {"subjects": list(subject_ids)} | ({"kinds": list(kinds)} if kinds else {})
        statement = _OF_SUBJECTS_AND_KINDS if kinds else _OF_SUBJECTS
        pending = [
            row
            for row in self._entries
            if row["subject_id"] in subject_ids and (not kinds or row["kind"] in kinds)
        ]
        found: dict[str, list[Entry]] = {}
        for entry in self._found(statement, sought, pending):
            found.setdefault(entry.subject_id, []).append(entry)
        return found

    def entries_where(
        self, kinds: Collection[Kind] = (), place: str = "", after: int = 0, most: int = 1_000
    ) -> list[Entry]:
        """Return up to `most` entries behind seq `after` in places whose code begins `place`."""
        statement = _ENTRIES.where(entries.c.seq > after)
        if kinds:
            statement = statement.where(entries.c.kind.in_(list(kinds)))
        if place:
            # ':' follows '9', so the range holds exactly the codes that begin with the prefix.
            code = entries.c.place_code
            statement = statement.where(code >= place, code < place + ":")
        pending = [
            row
            for row in self._entries
            if row["seq"] > after
            and (not kinds or row["kind"] in kinds)
            and row["place_code"].startswith(place)
        ]
        return self._found(statement.limit(most), {}, pending)[:most]

    def outlines(self, after: int, most: int) -> list[Outline]:
        """Return up to `most` committed entries behind seq `after`, without their bodies."""
        rows = self.connection.execute(_OUTLINES, {"after": after, "most": most}).all()
        return [Outline._make(row) for row in rows]

    def decisions_on(self, asked: Collection[str]) -> dict[str, str]:
        """Return the decision that answers each of the questions, where there is one."""
        if not asked:
            return {}
        rows = self.connection.execute(_ON_QUESTIONS, {"asked": list(asked)})
        found = {str(question): str(decision) for question, decision in rows}
        pending = {row["question"]: row["decision_id"] for row in self._questions}
        return found | {question: pending[question] for question in asked if question in pending}

    def subject_of(self, member_id: str) -> str:
        """Return the member's pseudonym; made on the spot for a new member."""
        return self.identities.subject_of(member_id)

    def member_of(self, subject_id: str) -> str | None:
        """Return the member id behind a pseudonym; None after erasure."""
        person = self.identities.person(subject_id)
        return person["member_id"] if person else None

    def version(self, digest: str) -> bytes | None:
        """Return the stored policy or card with that digest."""
        found = self.connection.execute(_VERSION, {"sought": digest}).scalar()
        return None if found is None else bytes(found)

    def keep_version(self, digest: str, kind: str, payload: Callable[[], bytes]) -> None:
        """Store a policy or card under its digest, unless it is there already."""
        if digest in self._known_versions or digest in self.new_versions:
            return
        if self.version(digest) is not None:
            self._known_versions.add(digest)
            return
        made = payload()
        if hashlib.sha256(made).hexdigest() != digest:
            raise LedgerError(f"the {kind} in use is not the one of its digest {digest[:16]}")
        self.new_versions[digest] = {"digest": digest, "kind": kind, "payload": made}

    def append(self, idempotency: IdempotencyScope | None, written: Written) -> None:
        """Take what a command did into the chain."""
        kept = idempotency is not None and bool(written.entries)
        first = self.head.seq + 1
        seal = None
        if idempotency and kept:
            row = _kept(idempotency, written, first)
            seal = sealed_digest(row)
            self._answers.append(row)
        for new in written.entries:
            filed = self.identities.filed_with(new.subject_id)
            row = chained(new, self.head, self._moment, seal, filed)
            self.head, seal = Head(row["seq"], row["digest"]), None
            self._entries.append(row)
        if written.question and written.entries:
            asked = {"question": written.question, "seq": first}
            self._questions.append({**asked, "decision_id": written.entries[0].decision_id})
        self._accesses += [{"accessed_at": self._moment, **access} for access in written.accesses]

    @property
    def has_work(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._entries or self._accesses)

    @property
    def first_entry_id(self) -> str | None:
        """The id of the first entry that this transaction adds."""
        return str(self._entries[0]["entry_id"]) if self._entries else None

    @property
    def span(self) -> Span:
        """What was appended to either chain, once it is flushed."""
        return Span(self._began, self.head, self._looks)

    def mark(self) -> tuple[Mark, set[str]]:
        """Return what `back_to` restores when a command is refused."""
        return self.identities.mark(), set(self.new_versions)

    def back_to(self, mark: tuple[Mark, set[str]]) -> None:
        """Forget what was done since `mark`; entries are appended only behind a command."""
        people, kept = mark
        self.identities.back_to(people)
        self.new_versions = {d: row for d, row in self.new_versions.items() if d in kept}

    def flush(self) -> None:
        """Write what waits: one statement a table."""
        self.identities.flush()
        add_rows(self.connection, _INTO_VERSIONS, list(self.new_versions.values()))
        add_rows(self.connection, _INTO_ENTRIES, self._entries)
        add_rows(self.connection, _INTO_ANSWERS, self._answers)
        add_rows(self.connection, _INTO_QUESTIONS, self._questions)
        self._looks = append_audit_rows(self.connection, self._accesses)

    def _found(self, sought: Select[Any], bounds: Mapping[str, Any], pending: Rows) -> list[Entry]:
        rows = self.connection.execute(sought, bounds).mappings()
        return [entry_of(row) for row in (*rows, *pending)]


def read_head(connection: Connection) -> Head:
    """Return the last committed entry."""
    row = connection.execute(_HEAD).first()
    return Head(*row) if row else Head()


def _kept(idempotency: IdempotencyScope, written: Written, seq: int) -> dict[str, Any]:
    return {
        "scope": idempotency.scope,
        "body_digest": idempotency.body_digest,
        "seq": seq,
        "status": written.answer.status,
        "headers": stored_headers(written.answer),
        "body": written.answer.body,
    }
