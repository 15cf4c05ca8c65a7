"""Kept answers, questions and versions, held against the entries they came with."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection

from api.ledger.findings import Report
from api.ledger.idempotency import sealed_digest
from api.ledger.tables import answers, questions, versions
from api.verify.chain import Chain, attempted, rows_of


def verify_answers(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that exactly the answers sealed into entries are kept, byte by byte."""
    missing = dict(chain.sealed_answers)
    for row in rows_of(connection, answers, "seq"):
        report.answers += 1
        digest, seq = attempted(sealed_digest, row), row["seq"]
        if missing.pop(seq, "") != digest:
            report.found(
                "answer",
                seq,
                f"the answer kept for entry {seq} (table answers) is not the one given with it:"
                " it was changed, inserted or moved",
            )
    for seq in missing:
        report.found("answer", seq, f"the answer given with entry {seq} is gone from table answers")


def verify_questions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that the index of questions says what the decisions say."""
    missing = dict(chain.questions)
    for row in rows_of(connection, questions, "seq"):
        if missing.pop(row["question"], None) != (row["decision_id"], row["seq"]):
            seq = row["seq"]
            report.found(
                "question",
                seq,
                f"the question noted for entry {seq} (table questions) is not the one it answers:"
                " it was changed, inserted or moved",
            )
    for _, seq in missing.values():
        report.found(
            "question", seq, f"the question that entry {seq} answers is gone from table questions"
        )


def verify_versions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that every policy and card used is kept, and is what its digest says."""
    missing = dict(chain.versions)
    for row in rows_of(connection, versions, "digest"):
        kind, digest = row["kind"], row["digest"]
        used_as, seq = missing.pop(digest, (None, None))
        if attempted(_payload_digest, row) != digest or used_as not in (kind, None):
            what = f"the {kind} kept as {digest} (table versions) was changed: it is another one"
            report.found("version", seq, what)
        elif used_as is None:
            what = f"the {kind} kept as {digest} (table versions) decided nothing: it was inserted"
            report.found("version", None, what)
    for digest, (kind, seq) in missing.items():
        report.found(
            "version",
            seq,
            f"the {kind} {digest}, by which entry {seq} was decided, is gone from table versions",
        )


def _payload_digest(row: dict[str, Any]) -> str:
    return hashlib.sha256(memoryview(row["payload"])).hexdigest()
