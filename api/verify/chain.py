"""The chain of entries, and the facts it states about the rows of the other tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, literal_column, select

from api.ledger.chain import GENESIS, entry_digest
from api.ledger.findings import Report
from api.ledger.sealed_bodies import SEALED_KINDS
from api.ledger.tables import entries
from api.verify.authority import Uses

T = TypeVar("T")

_ROWS_AT_ONCE = 1_000


@dataclass
class Chain:
    """Facts collected from the entries.

    Attributes
    ----------
    digests : mapping of int to str
        Digest by seq.
    sealed_answers : mapping of int to str
        Seq of an entry → digest of the answer stored with it.
    questions : mapping of str to tuple
        Question → (decision, seq).
    versions : mapping of str to tuple
        Digest of a policy or card → ("policy" or "card", seq of the first decision with it).
    subjects : mapping of str to int
        Pseudonym → seq of its first entry.
    erased : set of str
        Pseudonyms whose identity was erased.
    identities : mapping of str to str
        Pseudonym → digest of the identity stored with its first entry.
    person_keys : mapping of str to tuple
        Pseudonym → (name of the key that seals its profiles, seq of the first such entry).
    uses : Uses
        Who acted by which authority.
    """

    digests: dict[int, str] = field(default_factory=dict)
    sealed_answers: dict[int, str] = field(default_factory=dict)
    questions: dict[str, tuple[str, int]] = field(default_factory=dict)
    versions: dict[str, tuple[str, int]] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    identities: dict[str, str] = field(default_factory=dict)
    person_keys: dict[str, tuple[str, int]] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)

    @property
    def last(self) -> int:
        """Seq of the last entry; 0 for an empty ledger."""
        return max(self.digests, default=0)

    def add(self, row: dict[str, Any], report: Report) -> None:
        """Collect the facts of the entry `row`."""
        seq = row["seq"]
        self.digests[seq] = row["digest"]
        self.subjects.setdefault(row["subject_id"], seq)
        self.uses.add_entry(row, report)
        if row["answer_digest"]:
            self.sealed_answers[seq] = row["answer_digest"]
        if row["identity_digest"]:
            self.identities[row["subject_id"]] = row["identity_digest"]
        if row["kind"] == "ERASED":
            self.erased.add(row["subject_id"])
        if row["kind"] == "DECISION":
            self._add_decision(row, report)
        if row["kind"] in SEALED_KINDS:
            self._add_sealed(row, report)

    def _add_sealed(self, row: dict[str, Any], report: Report) -> None:
        seq = row["seq"]
        try:
            key = json.loads(row["body"])["person_key"]
            self.person_keys.setdefault(row["subject_id"], (key, seq))
        except (ValueError, KeyError, TypeError):
            what = f"entry {seq} ({row['kind']}) is not in a form that this version knows"
            report.add("altered", seq, what)

    def _add_decision(self, row: dict[str, Any], report: Report) -> None:
        seq = row["seq"]
        try:
            body = json.loads(row["body"])
            self.questions[body["question"]] = (row["decision_id"], seq)
            if "profile_sealed" in body:
                self.person_keys.setdefault(row["subject_id"], (body["person_key"], seq))
            for kind in ("policy", "card"):
                self.versions.setdefault(body[f"{kind}_digest"], (kind, seq))
        except (ValueError, KeyError, TypeError):
            what = f"entry {seq} is not a decision in a form that this version knows"
            report.add("altered", seq, what)


def verify_chain(connection: Connection, report: Report) -> Chain:
    """Verify that each entry has its digest and follows the entry before it."""
    chain, before, digest, time = Chain(), 0, GENESIS, ""
    for row in read_rows(connection, entries, "seq"):
        seq = row["seq"]
        if seq != before + 1:
            span = f"{before + 1} to {seq - 1}" if seq > before + 2 else f"{before + 1}"
            report.add("missing", before + 1, f"entry {span} is missing: it was deleted or moved")
        elif row["previous"] != digest:
            report.add(
                "broken",
                seq,
                f"entry {seq} does not follow entry {before}: one of the two was changed, replaced"
                " or moved",
            )
        if try_digest(entry_digest, row) != row["digest"]:
            report.add("altered", seq, f"entry {seq} was altered: its digest does not match it")
        _verify_time(row, time, report)
        chain.add(row, report)
        before, digest, time = seq, row["digest"], max(time, str(row["recorded_at"]))
    report.entries, report.head = len(chain.digests), digest
    return chain


def _verify_time(row: dict[str, Any], before: str, report: Report) -> None:
    seq, recorded_at = row["seq"], str(row["recorded_at"])
    if recorded_at < before:
        report.add(
            "clock",
            seq,
            f"entry {seq} was recorded at {recorded_at}, before an earlier entry ({before}):"
            " the clock of the service was set back. Validity, claims and deadlines of that time"
            " were judged by it",
        )


def read_rows(connection: Connection, table: Table, key: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table in the order of `key`, a thousand at a time.

    Values are as the driver returns them, because an edited column can hold what its type does not
    allow, and verification must report that.
    """
    names = table.columns.keys()
    columns: list[ColumnElement[Any]] = [literal_column(name) for name in names]
    streamed = connection.execution_options(yield_per=_ROWS_AT_ONCE)
    for row in streamed.execute(select(*columns).select_from(table).order_by(table.c[key])):
        yield dict(zip(names, row, strict=True))


def allow_invalid_text(connection: Connection) -> None:
    """Let SQLite return text that is not UTF-8, which an edited row can hold."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")


def try_digest(digest: Callable[[T], str], value: T) -> str | None:
    """Return the digest of `value`; None if it holds what the service never writes."""
    try:
        return digest(value)
    except (ValueError, TypeError):
        return None
