"""What the other tables are held against: the few facts that the entries' chain states of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, literal_column, select

from api.ledger.findings import Report

T = TypeVar("T")

_AT_A_TIME = 1_000


@dataclass
class Chain:
    """Facts gathered while reading the entries.

    Attributes
    ----------
    digests : mapping of int to str
        By seq.
    sealed_answers : mapping of int to str
        Digest of the answer kept with the entry at seq.
    questions : mapping of str to tuple
        Question → (decision, seq).
    versions : mapping of str to tuple
        Digest of a policy or card → (which of the two, seq of the first decision made by it).
    subjects : mapping of str to int
        Pseudonym → seq of its first entry.
    erased : set of str
        Pseudonyms whose identity was erased.
    identities : mapping of str to str
        Pseudonym → what seals the identity that was filed with its first entry.
    """

    digests: dict[int, str] = field(default_factory=dict)
    sealed_answers: dict[int, str] = field(default_factory=dict)
    questions: dict[str, tuple[str, int]] = field(default_factory=dict)
    versions: dict[str, tuple[str, int]] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    identities: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The last entry's seq; 0 for an empty ledger."""
        return max(self.digests, default=0)

    def take(self, row: dict[str, Any], report: Report) -> None:
        """Note what the entry in `row` states."""
        seq = row["seq"]
        self.digests[seq] = row["digest"]
        self.subjects.setdefault(row["subject_id"], seq)
        if row["answer_digest"]:
            self.sealed_answers[seq] = row["answer_digest"]
        if row["identity_digest"]:
            self.identities[row["subject_id"]] = row["identity_digest"]
        if row["kind"] == "ERASED":
            self.erased.add(row["subject_id"])
        if row["kind"] == "DECISION":
            self._take_decision(row, report)

    def _take_decision(self, row: dict[str, Any], report: Report) -> None:
        seq = row["seq"]
        try:
            body = json.loads(row["body"])
            self.questions[body["question"]] = (row["decision_id"], seq)
            for kind in ("policy", "card"):
                self.versions.setdefault(body[f"{kind}_digest"], (kind, seq))
        except (ValueError, KeyError, TypeError):
            report.add("altered", seq, f"entry {seq} is no decision of a form this version knows")


def rows_of(connection: Connection, table: Table, key: str) -> Iterator[dict[str, Any]]:
    """Yield a table's rows in the order of `key`, a thousand at a time.

    Values are as the driver gives them: a column may hold what its type does not allow, and that
    is for the verification to tell.
    """
    names = table.columns.keys()
    columns: list[ColumnElement[Any]] = [literal_column(name) for name in names]
    streamed = connection.execution_options(yield_per=_AT_A_TIME)
    for row in streamed.execute(select(*columns).select_from(table).order_by(table.c[key])):
        yield dict(zip(names, row, strict=True))


def read_raw(connection: Connection) -> None:
    """Let text that is no UTF-8, which SQLite keeps if told to, be read and found."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")


def attempted(digest: Callable[[T], str], told: T) -> str | None:
    """Return the digest that belongs to `told`; None if it holds what the service never writes."""
    try:
        return digest(told)
    except (ValueError, TypeError):
        return None
