"""Verification: every row of the ledger held against the chain, its seals and what lies outside.

Kept answers, questions and versions, held against the entries they came with.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from api.ledger.chain import GENESIS, entry_digest
from api.ledger.checkpoints import read_lines
from api.ledger.database import Location, open_engine
from api.ledger.findings import Report
from api.ledger.idempotency import answer_digest
from api.ledger.keys import SEAL_PUBLIC, public_key
from api.ledger.schema import refuse_other_release, verify_triggers
from api.ledger.tables import answers, entries, questions, versions
from api.verify.audit import verify_audit
from api.verify.chain import Chain, attempted, read_raw, rows_of
from api.verify.checkpoints import verify_checkpoints, verify_covered
from api.verify.outside import verify_outside
from api.verify.people import verify_accounts, verify_identities


def verify_answers(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that exactly the answers sealed into entries are kept, byte by byte."""
    missing = dict(chain.sealed_answers)
    for row in rows_of(connection, answers, "seq"):
        report.answers += 1
        digest, seq = attempted(answer_digest, row), row["seq"]
        if missing.pop(seq, "") != digest:
            report.add(
                "answer",
                seq,
                f"the answer kept for entry {seq} (table answers) is not the one given with it:"
                " it was changed, inserted or moved",
            )
    for seq in missing:
        report.add("answer", seq, f"the answer given with entry {seq} is gone from table answers")


def verify_questions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that the index of questions says what the decisions say."""
    missing = dict(chain.questions)
    for row in rows_of(connection, questions, "seq"):
        if missing.pop(row["question"], None) != (row["decision_id"], row["seq"]):
            seq = row["seq"]
            report.add(
                "question",
                seq,
                f"the question noted for entry {seq} (table questions) is not the one it answers:"
                " it was changed, inserted or moved",
            )
    for _, seq in missing.values():
        report.add(
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
            report.add("version", seq, what)
        elif used_as is None:
            what = f"the {kind} kept as {digest} (table versions) decided nothing: it was inserted"
            report.add("version", None, what)
    for digest, (kind, seq) in missing.items():
        report.add(
            "version",
            seq,
            f"the {kind} {digest}, by which entry {seq} was decided, is gone from table versions",
        )


def _payload_digest(row: dict[str, Any]) -> str:
    return hashlib.sha256(memoryview(row["payload"])).hexdigest()


def verify_ledger(location: Location, public: Path | None = None) -> Report:
    """Look at the whole ledger as it is now; it may be in use meanwhile.

    Parameters
    ----------
    public
        The public key that seals are verified with, where the ledger's keys are not at hand; then
        identities are held against what sealed them, but not opened.

    Raises
    ------
    LedgerError
        If there is no ledger, or no key to verify with.
    DBAPIError
        If the database cannot be read.
    """
    location.refuse_absent()
    key = public_key(public or location.keys / SEAL_PUBLIC)
    # The outside file's size first: the ledger read after it may hold more, but never less.
    outside = location.outside
    lines = read_lines(outside, outside.stat().st_size) if outside.exists() else None
    engine = open_engine(location.url, writes=False)
    report = Report()
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            read_raw(connection)
            verify_triggers(connection, report)
            chain = _verified_chain(connection, report)
            seals = verify_checkpoints(connection, chain, key, report)
            seals += verify_outside(outside, lines, chain, seals, key, report)
            verify_covered(chain, seals, report)
            verify_answers(connection, chain, report)
            verify_questions(connection, chain, report)
            verify_versions(connection, chain, report)
            verify_accounts(connection, verify_audit(connection, seals, report), report)
            verify_identities(connection, chain, None if public else location.keys, report)
    finally:
        engine.dispose()
    return report


def _verified_chain(connection: Connection, report: Report) -> Chain:
    chain, before, digest = Chain(), 0, GENESIS
    for row in rows_of(connection, entries, "seq"):
        seq = row["seq"]
        if seq != before + 1:
            span = f"{before + 1} to {seq - 1}" if seq > before + 2 else f"{before + 1}"
            report.add("missing", before + 1, f"entry {span} is missing: it was deleted or moved")
        elif row["previous"] != digest:
            report.add(
                "broken",
                seq,
                f"entry {seq} does not follow from entry {before}: one of the two"
                " was changed, replaced or moved",
            )
        if attempted(entry_digest, row) != row["digest"]:
            report.add("altered", seq, f"entry {seq} was altered: its digest does not fit it")
        chain.take(row, report)
        before, digest = seq, row["digest"]
    report.entries, report.head = len(chain.digests), digest
    return chain
