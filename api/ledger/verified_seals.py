"""Checkpoints in the ledger and outside it, held against the chain and against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from api.ledger.chain import GENESIS
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.tables import checkpoints
from api.ledger.verified_chain import Chain, rows_of


def verify_checkpoints(
    connection: Connection, chain: Chain, key: Ed25519PublicKey, report: Report
) -> dict[int, Checkpoint]:
    """Verify every checkpoint kept in the ledger, and that the last entry has one."""
    found: dict[int, Checkpoint] = {}
    for row in rows_of(connection, checkpoints, "seq"):
        made = Checkpoint(**row)
        found[made.seq] = made
        _verify(made, "checkpoint", chain, key, report)
    report.checkpoints = len(found)
    if chain.last and chain.last not in found:
        report.found(
            "unsealed",
            chain.last,
            f"entry {chain.last}, the last, was not sealed with its commit:"
            " the service did not write it, or its checkpoint was deleted",
        )
    return found


def verify_outside(
    path: Path,
    lines: Sequence[tuple[int, Checkpoint | None]] | None,
    chain: Chain,
    inside: dict[int, Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
) -> None:
    """Verify every line of the outside file; None says that there is no such file."""
    if lines is None:
        if chain.last:
            report.found(
                "no outside",
                None,
                f"{path}: there are no checkpoints outside the ledger, so that"
                " a cut at its end could not be seen; restore it, or name it with --checkpoints",
            )
        return
    for number, made in lines:
        if made is None:
            report.notices.append(f"{path}, line {number} is torn, as a crash leaves it")
            continue
        name = f"{path}, line {number}: the checkpoint"
        if _verify(made, name, chain, key, report) and made.seq and made.seq not in inside:
            report.found(
                "unsealed",
                made.seq,
                f"the checkpoint of entry {made.seq} stands in {path},"
                f" line {number}, but not in the ledger: it was deleted or changed there",
            )
    report.outside_lines = len(lines)
    last = max((made.seq for _, made in lines if made), default=0)
    if last < chain.last:
        report.notices.append(
            f"entries {last + 1} to {chain.last} have no checkpoint outside yet: they are being"
            " written now, or a crash came between; the service adds it when it starts"
        )


def _verify(
    made: Checkpoint, name: str, chain: Chain, key: Ed25519PublicKey, report: Report
) -> bool:
    seq = made.seq
    if not made.is_by(key):
        report.found(
            "forged",
            seq,
            f"{name} of entry {seq} was not signed by this ledger's key: it was changed or forged",
        )
    elif seq > chain.last:
        report.found(
            "truncated",
            seq,
            f"{name} of entry {seq} is signed, but the ledger ends at entry"
            f" {chain.last}: its end was cut off; restore the database from backup",
        )
    elif chain.digests.get(seq, GENESIS) != made.digest:
        report.found(
            "replaced",
            seq,
            f"{name} of entry {seq} is signed over another entry than the one"
            " there now: entries up to it were changed, inserted or removed",
        )
    else:
        return True
    return False
