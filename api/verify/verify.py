"""Verification: every row of the ledger held against the chain, its seals and what lies outside."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from api.ledger.chain import GENESIS, digest_of
from api.ledger.checkpoints import lines_of
from api.ledger.database import Location, open_engine
from api.ledger.findings import Report
from api.ledger.keys import SEAL_PUBLIC, public_key
from api.ledger.schema import refuse_other_release, verify_guards
from api.ledger.tables import entries
from api.verify.accounts import verify_accounts
from api.verify.answers import verify_answers, verify_questions, verify_versions
from api.verify.audit import verify_audit
from api.verify.chain import Chain, attempted, read_raw, rows_of
from api.verify.checkpoints import verify_checkpoints, verify_covered
from api.verify.outside import verify_outside
from api.verify.people import verify_identities


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
    lines = lines_of(outside, outside.stat().st_size) if outside.exists() else None
    engine = open_engine(location.url, writes=False)
    report = Report()
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            read_raw(connection)
            verify_guards(connection, report)
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
            report.found("missing", before + 1, f"entry {span} is missing: it was deleted or moved")
        elif row["previous"] != digest:
            report.found(
                "broken",
                seq,
                f"entry {seq} does not follow from entry {before}: one of the two"
                " was changed, replaced or moved",
            )
        if attempted(digest_of, row) != row["digest"]:
            report.found("altered", seq, f"entry {seq} was altered: its digest does not fit it")
        chain.take(row, report)
        before, digest = seq, row["digest"]
    report.entries, report.head = len(chain.digests), digest
    return chain
