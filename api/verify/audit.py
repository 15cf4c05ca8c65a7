"""The audit, held against its own chain and against what checkpoints state of it.

Its rows are called looks: most tell who looked at whom, the others what happened to accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from api.ledger.chain import GENESIS, audit_row_digest, unchained_rows_digest
from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.tables import accesses
from api.verify.chain import attempted, rows_of
from api.verify.checkpoints import Interval, uncovered


@dataclass
class _Looks:
    """What was read: each look's digest by number, and those of the release before the chain."""

    digests: dict[int, str] = field(default_factory=dict)
    unchained: list[dict[str, Any]] = field(default_factory=list)
    previous: str = GENESIS


def verify_audit(
    connection: Connection, seals: Sequence[Checkpoint], report: Report
) -> list[dict[str, Any]]:
    """Verify each look, that all looks a commit sealed are there, and that no others are.

    Returns
    -------
    list of dict
        The rows that tell what an account may do from then on.

    Parameters
    ----------
    seals
        Every checkpoint with a good signature, of both sides.
    """
    looks, events = _Looks(), []
    for row in rows_of(connection, accesses, "number"):
        report.looks += 1
        if row["account"] and row["detail"]:
            events.append(row)
        if row["digest"] is None and looks.previous == GENESIS:
            looks.unchained.append(row)
        else:
            _verify_link(row, looks, report)
    _tell_unchained(looks, report)
    _verify_all_there(looks, seals, report)
    _verify_no_others(looks, seals, report)
    return events


def _verify_link(row: dict[str, Any], looks: _Looks, report: Report) -> None:
    number, found = row["number"], row["digest"]
    follows = [looks.previous]
    if not looks.digests and looks.unchained:
        follows.append(attempted(unchained_rows_digest, looks.unchained) or GENESIS)
    if found not in [_follower(row, before) for before in follows]:
        report.add(
            "look",
            None,
            f"look {number} (table accesses) does not follow from the look before it: one of the"
            " two was changed, moved or inserted, or a look between them was deleted",
        )
    looks.previous = str(found)
    looks.digests[number] = looks.previous


def _follower(row: dict[str, Any], previous: str) -> str | None:
    return attempted(lambda each: audit_row_digest(each, previous), row)


def _tell_unchained(looks: _Looks, report: Report) -> None:
    count, first = len(looks.unchained), min(looks.digests, default=None)
    if not count:
        return
    misplaced = [row["number"] for row in looks.unchained if row["number"] < 1]
    if misplaced:
        what = f"look {misplaced[0]} (table accesses) has a number that is never given: inserted"
        report.add("look", None, what)
    report.notices.append(
        f"the first {count} looks are of a release that did not chain them yet"
        + (f"; look {first} seals them as they stood then" if first else "")
    )


def _verify_all_there(looks: _Looks, seals: Sequence[Checkpoint], report: Report) -> None:
    known, fitting = {GENESIS, "", *looks.digests.values()}, 0
    for made in sorted(seals, key=lambda each: each.reach):
        at_its_place = not made.look or made.looks in (GENESIS, looks.digests.get(made.look))
        if made.looks not in known or (made.is_bounded and not at_its_place):
            upto = f"up to look {made.look} " if made.look else ""
            report.add(
                "look",
                made.seq or None,
                f"what stood in table accesses {upto}behind look {fitting}, sealed by the"
                f" checkpoint of {made.sealed_at} (entry {made.seq}), is gone or changed; restore"
                " the database from backup",
            )
            return
        fitting = made.look or fitting


def _verify_no_others(looks: _Looks, seals: Sequence[Checkpoint], report: Report) -> None:
    bounded = [
        Interval(made.from_look, made.look)
        for made in seals
        if made.is_bounded and made.from_look is not None and made.look is not None
    ]
    if not bounded:
        return
    # A release before sealed looks without saying where its commits began.
    begun = min(interval.after for interval in bounded)
    numbers = sorted(number for number in looks.digests if number > begun)
    for first, last in uncovered(bounded, begun, numbers[-1] if numbers else begun):
        report.add(
            "look",
            None,
            (f"looks {first} to {last} were" if last > first else f"look {first} was")
            + " sealed by no commit of the service: somebody else put that in table accesses, or"
            " its seal was deleted from table look_checkpoints; a backup tells which",
        )
    if begun:
        report.notices.append(
            f"looks up to {begun} are of a release whose seals do not say where a commit began"
        )
