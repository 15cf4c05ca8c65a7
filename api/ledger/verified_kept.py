"""Kept answers, questions and versions, held against the entries they came with."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection

from api.ledger.findings import Report
from api.ledger.keeping import sealed_digest
from api.ledger.tables import answers, questions, versions
from api.ledger.verified_chain import Chain, rows_of


def verify_answers(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that exactly the answers sealed into entries are kept, byte by byte."""
    missing = dict(chain.sealed_answers)
    for row in rows_of(connection, answers, "seq"):
        report.answers += 1
        try:
            digest = sealed_digest(row)
        except (ValueError, TypeError):
            digest = ""
        if missing.pop(row["seq"], None) != digest:
            seq = row["seq"]
            report.found("answer", seq, f"the answer kept for entry {seq} is not the one given")
    for seq in missing:
        report.found("answer", seq, f"the answer given with entry {seq} is gone")


def verify_questions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that the index of questions says what the decisions say."""
    missing = dict(chain.questions)
    for row in rows_of(connection, questions, "seq"):
        if missing.pop(row["question"], None) != (row["decision_id"], row["seq"]):
            seq = row["seq"]
            report.found("question", seq, f"the question noted for entry {seq} is not its own")
    for _, seq in missing.values():
        report.found("question", seq, f"the question that entry {seq} answers is not noted")


def verify_versions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that every policy and card used is kept, and is what its digest says."""
    missing = dict(chain.versions)
    for row in rows_of(connection, versions, "digest"):
        kind, digest = row["kind"], row["digest"]
        used = missing.pop(digest, (kind, None))
        if hashlib.sha256(bytes(row["payload"])).hexdigest() != digest or used[0] != kind:
            report.found("version", used[1], f"the {kind} kept as {digest[:16]} was changed")
    for digest, (kind, seq) in missing.items():
        report.found(
            "version", seq, f"the {kind} {digest[:16]}, by which entry {seq} was decided, is gone"
        )
