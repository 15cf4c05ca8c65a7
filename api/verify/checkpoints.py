"""Checkpoints in the ledger, held against the chain: each signed, every entry covered by one.

What commits cover together: whatever lies between them, the service did not write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from api.ledger.chain import GENESIS
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.tables import checkpoints, look_checkpoints
from api.verify.chain import Chain, rows_of


class Interval(NamedTuple):
    """Numbers behind `after`, up to `last`."""

    after: int
    last: int


def uncovered(intervals: Iterable[Interval], begun: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of numbers behind `begun`, up to `last`, in no interval."""
    covered = begun
    for interval in sorted(intervals):
        if covered < min(interval.after, last):
            yield covered + 1, min(interval.after, last)
        covered = max(covered, interval.last)
    if covered < last:
        yield covered + 1, last


class Named(NamedTuple):
    """A checkpoint and how a finding about it begins."""

    name: str
    made: Checkpoint


def verify_checkpoints(
    connection: Connection, chain: Chain, key: Ed25519PublicKey, report: Report
) -> list[Checkpoint]:
    """Verify every checkpoint kept in the ledger; return those with a good signature."""
    good = []
    for name, row in _rows(connection):
        report.checkpoints += 1
        made = Checkpoint.of_row(row)
        if is_signed(made, name, key, report):
            good.append(Named(name, made))
    tell_unfit(good, chain, report)
    return [each.made for each in good]


def verify_covered(chain: Chain, seals: Sequence[Checkpoint], report: Report) -> None:
    """Verify that every entry was appended by a commit of the service, which sealed it.

    Parameters
    ----------
    seals
        Every checkpoint with a good signature, of both sides.
    """
    # A release before did not say where a commit began; each of its commits followed the last.
    before = max((made.seq for made in seals if not made.is_bounded), default=0)
    spans = [Interval(made.from_seq or 0, made.seq) for made in seals if made.is_bounded]
    for first, last in uncovered(spans, before, chain.last):
        many = f"entries {first} to {last} were" if last > first else f"entry {first} was"
        report.add(
            "unsealed",
            first,
            f"{many} sealed by no commit of the service: somebody else appended what is there, or"
            " the checkpoint over it was deleted from table checkpoints; a backup tells which",
        )


def is_signed(made: Checkpoint, name: str, key: Ed25519PublicKey, report: Report) -> bool:
    """Return whether the checkpoint called `name` is by this ledger's key; report if it is not."""
    if made.is_signed_by(key):
        return True
    report.add(
        "forged",
        made.seq,
        f"{name} of entry {made.seq} was not signed by this ledger's key: it was changed or"
        " forged, or the key is another ledger's",
    )
    return False


def fits(made: Checkpoint, chain: Chain) -> bool:
    """Return whether the chain goes as far as `made` and is the one it sealed."""
    return made.seq <= chain.last and chain.digests.get(made.seq, GENESIS) == made.digest


def tell_unfit(
    named: Sequence[Named], chain: Chain, report: Report, others: Sequence[Checkpoint] = ()
) -> None:
    """Report checkpoints that do not fit the chain: once, with where to look.

    Parameters
    ----------
    others
        Of the other side: they may narrow down the place, but are not told of.
    """
    beyond = [each for each in named if each.made.seq > chain.last]
    if beyond:
        name, made = max(beyond, key=lambda each: each.made.seq)
        report.add(
            "truncated",
            made.seq,
            f"{name} of entry {made.seq} is signed, but the ledger ends at entry"
            f" {chain.last}: its end was cut off; restore the database from backup",
        )
    unfit = [n for n in named if n.made.seq <= chain.last and not fits(n.made, chain)]
    if unfit:
        name, made = min(unfit, key=lambda each: each.made.seq)
        before = [each for each in (*(n.made for n in named), *others) if each.seq < made.seq]
        begins = max((each.seq for each in before if fits(each, chain)), default=0) + 1
        many = f"entries {begins} to {made.seq}" if begins < made.seq else f"entry {begins}"
        more = f", and so are {len(unfit) - 1} others behind it" if len(unfit) > 1 else ""
        report.add(
            "replaced",
            begins,
            f"{name} of entry {made.seq} is signed over another entry than the one there"
            f" now{more}: of {many} something was changed, inserted or removed; restore the"
            " database from backup",
        )


def _rows(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows_of(connection, checkpoints, "seq"):
        yield "the checkpoint", row
    for row in rows_of(connection, look_checkpoints, "look"):
        yield f"the checkpoint of look {row['look']}, made at the time", row
