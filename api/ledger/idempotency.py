"""First answers, stored for retries and sealed in the chain by an entry of their command."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from api.ledger.commands import Answer, IdempotencyScope
from api.ledger.errors import KeyReusedError
from api.ledger.tables import answers

REPLAYED = "Idempotent-Replayed"

_STORED = select(answers).where(answers.c.scope.in_(bindparam("scopes", expanding=True)))

_PLAIN = json.JSONEncoder()
_SORTED = json.JSONEncoder(sort_keys=True)
_NO_HEADERS = "{}"


@dataclass(frozen=True)
class StoredAnswer:
    """The first answer in a scope, and the digest of the request that it answers."""

    body_digest: str
    answer: Answer

    def for_retry(self, idempotency: IdempotencyScope) -> Answer:
        """Return the first answer again, with the same bytes.

        Raises
        ------
        KeyReusedError
            If the retry has the same key but another request.
        """
        if idempotency.body_digest != self.body_digest:
            raise KeyReusedError
        headers = {**self.answer.headers, REPLAYED: "true"}
        return Answer(self.answer.status, self.answer.body, headers)


def stored_answers(connection: Connection, scopes: Collection[str]) -> dict[str, StoredAnswer]:
    """Return the answers stored under `scopes`, in one query."""
    if not scopes:
        return {}
    rows = [dict(row) for row in connection.execute(_STORED, {"scopes": list(scopes)}).mappings()]
    return {row["scope"]: StoredAnswer(row["body_digest"], answer_from_row(row)) for row in rows}


def answer_from_row(row: Mapping[str, Any]) -> Answer:
    """Return the answer stored as `row`."""
    return Answer(row["status"], bytes(row["body"]), json.loads(row["headers"]))


def encode_headers(answer: Answer) -> str:
    """Return the headers of an answer as they are stored."""
    return _SORTED.encode(dict(answer.headers)) if answer.headers else _NO_HEADERS


def answer_digest(row: Mapping[str, Any]) -> str:
    """Return the digest by which an entry seals the answer stored as `row`."""
    head = _PLAIN.encode([row["scope"], row["body_digest"], row["status"], row["headers"]])
    return hashlib.sha256(head.encode() + b"\n" + bytes(row["body"])).hexdigest()
