"""The record of looks, held against its own chain and against what checkpoints state of it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from api.ledger.chain import GENESIS
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.look_chain import digest_of_look
from api.ledger.tables import accesses
from api.ledger.verified_chain import rows_of


def verify_looks(connection: Connection, seals: Iterable[Checkpoint], report: Report) -> None:
    """Verify each look's digest, and that all looks a checkpoint was made over are there."""
    known, previous, unchained = {GENESIS, ""}, GENESIS, 0
    for row in rows_of(connection, accesses, "number"):
        report.looks += 1
        if row["digest"] is None and previous == GENESIS:
            unchained += 1
            continue
        if row["digest"] != digest_of_look(row, previous):
            report.found(
                "look",
                None,
                f"look {row['number']} does not follow from the look before it: one of the two was"
                " changed, moved or inserted, or a look between them was deleted",
            )
        previous = str(row["digest"])
        known.add(previous)
    if unchained:
        report.notices.append(
            f"the first {unchained} looks are of a release that did not chain them yet"
        )
    for made in seals:
        if made.looks not in known:
            report.found(
                "look",
                made.seq,
                f"looks that the checkpoint of entry {made.seq} ({made.sealed_at}) was made over"
                " are gone or changed; restore the database from backup",
            )
            return
