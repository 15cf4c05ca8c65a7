"""Verification of the whole ledger, and of the answers, questions and versions in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain as chain_of
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from api.access.administrators import Administrators
from api.ledger.audit import CHECKPOINTS_BEGUN
from api.ledger.checkpoints import parts_of, read_lines
from api.ledger.database import Location, open_engine
from api.ledger.findings import Report
from api.ledger.idempotency import answer_digest
from api.ledger.keys import SEAL_PUBLIC, public_key
from api.ledger.schema import refuse_other_release, verify_triggers
from api.ledger.tables import accesses, answers, questions, versions
from api.verify.audit import verify_accounts, verify_audit, verify_second_factors
from api.verify.authority import verify_authority
from api.verify.chain import Chain, allow_invalid_text, read_rows, try_digest, verify_chain
from api.verify.checkpoints import verify_checkpoints, verify_coverage
from api.verify.differences import verify_differences
from api.verify.identities import verify_identities
from api.verify.outside import OutsideFile, verify_against, verify_outside

_BEGINNINGS = (
    select(accesses).where(accesses.c.route == CHECKPOINTS_BEGUN).order_by(accesses.c.number)
)


def verify_ledger(
    location: Location,
    public: Path | None = None,
    against: Sequence[Path] = (),
    authority: Path | None = None,
) -> Report:
    """Verify the whole ledger as it is now; it may be in use meanwhile.

    Parameters
    ----------
    public
        The public key to verify seals with if the ledger's keys are not available; identities are
        then verified against their digests but not decrypted.
    against
        An auditor's own copies of checkpoints; see `verify_against`.
    authority
        Certificates of the authority whose time stamps these copies hold.

    Raises
    ------
    LedgerError
        If there is no ledger, or no key to verify with.
    DBAPIError
        If the database cannot be read.
    """
    location.refuse_absent()
    key = public_key(public or location.keys / SEAL_PUBLIC)
    # Take the size of the checkpoint file first: the ledger, read later, can only hold more.
    parts = [read_lines(part, part.stat().st_size) for part in parts_of(location.outside)]
    lines = chain_of(*parts) if location.outside.exists() else None
    engine = open_engine(location.url, writes=False)
    report = Report()
    try:
        with engine.connect() as connection, connection.begin():
            refuse_other_release(connection)
            allow_invalid_text(connection)
            verify_triggers(connection, report)
            chain = verify_chain(connection, report)
            signed = verify_checkpoints(connection, chain, key, report)
            begun_at = _read_beginning(connection, report)
            outside = OutsideFile(location.outside, lines, begun_at)
            signed += verify_outside(outside, chain, signed, key, report)
            for copy in against:
                signed += verify_against(copy, chain, signed, key, report, authority)
            verify_coverage(chain, signed, report)
            _verify_answers(connection, chain, report)
            _verify_questions(connection, chain, report)
            _verify_versions(connection, chain, report)
            grants = verify_audit(connection, signed, chain.uses, report)
            verify_authority(chain.uses, grants, report)
            verify_accounts(connection, grants, report)
            _tell_alone(grants, report)
            verify_second_factors(connection, grants, report)
            verify_differences(connection, report)
            verify_identities(connection, chain, None if public else location.keys, report)
    finally:
        engine.dispose()
    return report


def _read_beginning(connection: Connection, report: Report) -> int:
    """Return the audit row that records the beginning of a later checkpoint file; 0 for none."""
    number = 0
    for row in connection.execute(_BEGINNINGS).mappings():
        number = row["number"]
        report.notices.append(
            f"the checkpoint file was lost, and {row['actor']} began another on"
            f" {row['accessed_at']} (audit row {number}): {row['detail']}. Whether the end of the"
            " ledger was cut off before that, only another copy of the lines can tell"
        )
    return number


def _tell_alone(grants: Sequence[dict[str, Any]], report: Report) -> None:
    """Name every time with one administrator alone, who could then add another."""
    report.notices += [
        f"one administrator was alone {each.text}: find out why, and who was added then"
        for each in Administrators.of(grants).alone
    ]


def _verify_answers(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that exactly the answers that entries seal are stored, byte by byte."""
    missing = dict(chain.sealed_answers)
    for row in read_rows(connection, answers, "seq"):
        report.answers += 1
        seq = row["seq"]
        if missing.pop(seq, "") != try_digest(answer_digest, row):
            report.add(
                "answer",
                seq,
                f"the answer stored for entry {seq} (table answers) is not the one given with it:"
                " it was changed, inserted or moved",
            )
    for seq in missing:
        what = f"the answer given with entry {seq} is missing from table answers"
        report.add("answer", seq, what)


def _verify_questions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that the index of questions matches the decisions."""
    missing = dict(chain.questions)
    for row in read_rows(connection, questions, "seq"):
        seq = row["seq"]
        if missing.pop(row["question"], None) != (row["decision_id"], seq):
            report.add(
                "question",
                seq,
                f"the question stored for entry {seq} (table questions) is not the one it answers:"
                " it was changed, inserted or moved",
            )
    for _, seq in missing.values():
        what = f"the question that entry {seq} answers is missing from table questions"
        report.add("question", seq, what)


def _verify_versions(connection: Connection, chain: Chain, report: Report) -> None:
    """Verify that every policy and card of a decision is stored and has its digest."""
    missing = dict(chain.versions)
    for row in read_rows(connection, versions, "digest"):
        kind, digest = row["kind"], row["digest"]
        used_as, seq = missing.pop(digest, (None, None))
        if try_digest(_payload_digest, row) != digest or used_as not in (kind, None):
            what = f"the {kind} stored as {digest} (table versions) was changed"
            report.add("version", seq, what)
        elif used_as is None:
            what = f"the {kind} stored as {digest} (table versions) is in no decision: inserted"
            report.add("version", None, what)
    for digest, (kind, seq) in missing.items():
        what = f"the {kind} {digest} of the decision in entry {seq} is missing from table versions"
        report.add("version", seq, what)


def _payload_digest(row: dict[str, Any]) -> str:
    return hashlib.sha256(memoryview(row["payload"])).hexdigest()
