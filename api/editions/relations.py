"""Who belongs together, as the archive knows it before an edition's day: for caps on exposure.

A guarantee runs while the term of its loan does, and as long as the borrower is in arrears.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from api.editions.edition import GUARANTEE, MEMBERSHIP
from api.editions.sources import visible
from data.storage.archive import Archive


class Relation(NamedTuple):
    """A member's tie to a cooperative, or to a guarantor or a borrower, by id."""

    kind: str
    member_id: str
    other: str


def relations(archive: Archive, profile: pa.Table, as_of: date) -> tuple[Relation, ...]:
    """Return every relation in force on `as_of` between members of `profile`, each once, sorted.

    A guarantee stands twice, once from each side. Nobody stands here whom the edition does not
    hold, so that an erasure finds every edition that names the person.
    """
    members = set(profile["member_id"].to_pylist())
    found = {*_memberships(archive, as_of), *_guarantees(archive, profile, as_of)}
    return tuple(sorted(each for each in found if _is_among(each, members)))


def _is_among(relation: Relation, members: set[str]) -> bool:
    people = {relation.member_id} | ({relation.other} if relation.kind == GUARANTEE else set())
    return people <= members


def _memberships(archive: Archive, as_of: date) -> Iterator[Relation]:
    rows = visible(archive, "cooperative_members", as_of)
    present = pc.fill_null(pc.greater_equal(rows["to_on"], pa.scalar(as_of)), True)
    listed = rows.filter(present)
    for member, cooperative in _pairs(listed, "member_id", "cooperative_id"):
        yield Relation(MEMBERSHIP, member, cooperative)


def _guarantees(archive: Archive, profile: pa.Table, as_of: date) -> Iterator[Relation]:
    rows = visible(archive, "loans", as_of)
    lent = pc.and_(
        pc.is_valid(rows["guarantor_id"]),
        pc.fill_null(pc.less(rows["disbursed_on"], pa.scalar(as_of)), False),
    )
    late = _in_arrears(profile)
    for row in rows.filter(lent).to_pylist():
        borrower, guarantor = row["member_id"], row["guarantor_id"]
        if borrower in late or _runs(row["disbursed_on"], row["months"], as_of):
            yield Relation(GUARANTEE, borrower, guarantor)
            yield Relation(GUARANTEE, guarantor, borrower)


def _in_arrears(profile: pa.Table) -> set[str]:
    days = pc.fill_null(pc.cast(profile["days_past_due_now"], pa.float64()), 0.0)
    return set(profile["member_id"].filter(pc.greater(days, 0.0)).to_pylist())


def _runs(paid_out: date, months: int, as_of: date) -> bool:
    """Return whether the term's last month has not ended on `as_of`."""
    return paid_out.year * 12 + paid_out.month + months >= as_of.year * 12 + as_of.month


def _pairs(rows: pa.Table, *names: str) -> Iterator[tuple[str, ...]]:
    return zip(*(rows[name].to_pylist() for name in names), strict=True)
