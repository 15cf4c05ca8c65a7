"""The checkpoints in the ledger against the chain: each is signed, and they cover each entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from api.ledger.chain import GENESIS
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.tables import checkpoints, look_checkpoints
from api.verify.chain import Chain, read_rows


class Interval(NamedTuple):
    """The numbers after `after`, up to `last`."""

    after: int
    last: int


class NamedCheckpoint(NamedTuple):
    """A checkpoint and the name by which a finding refers to it."""

    name: str
    checkpoint: Checkpoint


def verify_checkpoints(
    connection: Connection, chain: Chain, key: Ed25519PublicKey, report: Report
) -> list[Checkpoint]:
    """Verify every checkpoint in the ledger; return those with a valid signature."""
    signed = []
    for name, row in _read_checkpoints(connection):
        report.checkpoints += 1
        checkpoint = Checkpoint.of_row(row)
        if verify_signature(checkpoint, name, key, report):
            signed.append(NamedCheckpoint(name, checkpoint))
    report_mismatches(signed, chain, report)
    return [each.checkpoint for each in signed]


def verify_coverage(chain: Chain, signed: Sequence[Checkpoint], report: Report) -> None:
    """Verify that every entry belongs to a commit that the service sealed.

    Parameters
    ----------
    signed
        All checkpoints with a valid signature, in the ledger and in the checkpoint file.
    """
    # Checkpoints of earlier releases do not state where a commit began: it followed the last one.
    begin = max((each.seq for each in signed if not each.is_bounded), default=0)
    commits = [Interval(each.from_seq or 0, each.seq) for each in signed if each.is_bounded]
    for first, last in find_gaps(commits, begin, chain.last):
        span = f"entries {first} to {last} were" if last > first else f"entry {first} was"
        report.add(
            "unsealed",
            first,
            f"{span} not sealed by a commit of the service: somebody else appended them, or their"
            " checkpoint was deleted from table checkpoints. Compare with a backup",
        )


def find_gaps(intervals: Iterable[Interval], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of numbers after `begin`, up to `end`, in no interval."""
    covered = begin
    for interval in sorted(intervals):
        if covered < min(interval.after, end):
            yield covered + 1, min(interval.after, end)
        covered = max(covered, interval.last)
    if covered < end:
        yield covered + 1, end


def verify_signature(
    checkpoint: Checkpoint, name: str, key: Ed25519PublicKey, report: Report
) -> bool:
    """Return whether `checkpoint` is signed with the ledger's key; report it if it is not."""
    if checkpoint.is_signed_by(key):
        return True
    report.add(
        "forged",
        checkpoint.seq,
        f"{name} of entry {checkpoint.seq} was not signed with this ledger's key: it was changed"
        " or forged, or the key belongs to another ledger",
    )
    return False


def matches_chain(checkpoint: Checkpoint, chain: Chain) -> bool:
    """Return whether the chain has the entry that `checkpoint` seals, with its digest."""
    return (
        checkpoint.seq <= chain.last
        and chain.digests.get(checkpoint.seq, GENESIS) == checkpoint.digest
    )


def report_mismatches(
    named: Sequence[NamedCheckpoint],
    chain: Chain,
    report: Report,
    others: Sequence[Checkpoint] = (),
) -> None:
    """Report once that checkpoints do not match the chain, with the range of entries concerned.

    Parameters
    ----------
    others
        Checkpoints from elsewhere, reported already; they can narrow the range.
    """
    beyond = [each for each in named if each.checkpoint.seq > chain.last]
    if beyond:
        name, checkpoint = max(beyond, key=lambda each: each.checkpoint.seq)
        report.add(
            "truncated",
            checkpoint.seq,
            f"{name} of entry {checkpoint.seq} is signed, but the ledger ends at entry"
            f" {chain.last}: its end was cut off; restore the database from backup",
        )
    within = [each for each in named if each.checkpoint.seq <= chain.last]
    wrong = [each for each in within if not matches_chain(each.checkpoint, chain)]
    if wrong:
        name, checkpoint = min(wrong, key=lambda each: each.checkpoint.seq)
        earlier = [
            each.seq
            for each in (*(other.checkpoint for other in named), *others)
            if each.seq < checkpoint.seq and matches_chain(each, chain)
        ]
        first = max(earlier, default=0) + 1
        span = (
            f"entries {first} to {checkpoint.seq}" if first < checkpoint.seq else f"entry {first}"
        )
        more = f", and so are {len(wrong) - 1} later ones" if len(wrong) > 1 else ""
        report.add(
            "replaced",
            first,
            f"{name} of entry {checkpoint.seq} is signed for another entry than the one there"
            f" now{more}: of {span} something was changed, inserted or removed; restore the"
            " database from backup",
        )


def _read_checkpoints(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in read_rows(connection, checkpoints, "seq"):
        yield "the checkpoint", row
    for row in read_rows(connection, look_checkpoints, "look"):
        yield f"the checkpoint of audit row {row['look']}, made at the time", row
