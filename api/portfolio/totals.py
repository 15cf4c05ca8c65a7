"""What a range of ledger entries adds to the totals and to the review queue.

The database aggregates the entries to one row per village and year, and one row per change of a
case, so that Python reads few rows and decisions go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
)

from api.decisions.rulings import RULINGS, SECOND_NEEDED
from api.ledger.entries import BodyText
from api.ledger.tables import entries


@dataclass
class Totals:
    """Counts and amounts (yuan) of one village in one year, in China.

    A reversed approval, a cancelled payment or repayment is subtracted in the year in which it was
    reversed or cancelled, as in a ledger.
    """

    decisions: int = 0
    approved: int = 0
    approved_yuan: int = 0
    disbursements: int = 0
    disbursed_yuan: int = 0
    repaid_yuan: int = 0

    def __iadd__(self, other: Totals) -> Totals:
        """Add `other`, field by field."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        return self


class EntryRange(NamedTuple):
    """The entries after seq `after`, up to and including seq `upto`."""

    after: int
    upto: int


class CaseChange(NamedTuple):
    """An entry by which a case enters the review queue, needs a second reviewer, or leaves.

    Attributes
    ----------
    last_day : str or None
        In China, inclusive, where the entry sets one.
    """

    seq: int
    decision_id: str
    place_code: str
    kind: str
    outcome: str | None
    last_day: str | None

    @property
    def ends(self) -> bool:
        """Whether the case leaves the queue."""
        return self.kind in RULINGS and not self.needs_second

    @property
    def needs_second(self) -> bool:
        """Whether a first reviewer approved and a second one is needed."""
        return self.outcome == SECOND_NEEDED


def totals_by_place(
    connection: Connection, entry_range: EntryRange
) -> Iterator[tuple[str, int, Totals]]:
    """Yield (village, year in China, totals); a village and year may occur twice."""
    for (place, year), totals in _totals(connection, entry_range, _BY_PLACE):
        yield place, year, totals


def totals_by_person(
    connection: Connection, entry_range: EntryRange
) -> Iterator[tuple[str, int, str, Totals]]:
    """Yield (village, year in China, subject, totals); the first three may occur twice."""
    for (place, year, subject), totals in _totals(connection, entry_range, _BY_PERSON):
        yield place, year, subject, totals


def _totals(
    connection: Connection, entry_range: EntryRange, statements: tuple[Select[Any], Select[Any]]
) -> Iterator[tuple[list[Any], Totals]]:
    within, (counts, ruling_changes) = entry_range._asdict(), statements
    for row in connection.execute(counts, within):
        keys, sums = list(row[: -len(_SUMS)]), row[-len(_SUMS) :]
        yield keys, Totals(*map(int, sums))
    for *keys, approved, yuan in connection.execute(ruling_changes, within):
        yield keys, Totals(approved=int(approved), approved_yuan=int(yuan))


def case_changes(connection: Connection, entry_range: EntryRange) -> Iterator[CaseChange]:
    """Yield the changes of cases in the order of the chain."""
    yield from map(CaseChange._make, connection.execute(_CASE_CHANGES, entry_range._asdict()))


def year_in_china(moment: ColumnElement[str]) -> ColumnElement[int]:
    """Return the year in China of a stored moment (`api.ledger.chain.moment`), from its text.

    China's year begins eight hours before that of UTC.
    """
    is_next = case((func.substr(moment, 6, 8) >= "12-31T16", 1), else_=0)
    return cast(func.substr(moment, 1, 4), Integer) + is_next


def _sum(*when: tuple[ColumnElement[bool], ColumnElement[int] | int]) -> ColumnElement[int]:
    return func.sum(case(*when, else_=0))


_SEQ, _KIND, _OUTCOME, _YUAN = (
    entries.c[name] for name in ("seq", "kind", "outcome", "amount_yuan")
)
_IN_RANGE = and_(bindparam("after") < _SEQ, bindparam("upto") >= _SEQ)
_YEAR = year_in_china(entries.c.recorded_at)
_DECIDED = _KIND == "DECISION"
_DISBURSED = _KIND == "DISBURSED"
_CANCELLED = _KIND == "DISBURSEMENT_CANCELLED"
_REPAID = _KIND == "REPAID"
_OWED_AGAIN = _KIND == "REPAYMENT_CANCELLED"
_APPROVED = and_(_DECIDED, _OUTCOME == "APPROVE", _YUAN.is_not(None))

_COUNTED = (
    "DECISION", "DISBURSED", "DISBURSEMENT_CANCELLED", "REPAID", "REPAYMENT_CANCELLED",
)  # fmt: skip
#: In the order of `Totals`.
_SUMS = (
    _sum((_DECIDED, 1)),
    _sum((_APPROVED, 1)),
    _sum((_APPROVED, _YUAN)),
    _sum((_DISBURSED, 1), (_CANCELLED, -1)),
    _sum((_DISBURSED, func.coalesce(_YUAN, 0)), (_CANCELLED, -func.coalesce(_YUAN, 0))),
    _sum((_REPAID, func.coalesce(_YUAN, 0)), (_OWED_AGAIN, -func.coalesce(_YUAN, 0))),
)


def _counts(*by: ColumnElement[Any]) -> Select[Any]:
    keys = (entries.c.place_code, _YEAR, *by)
    return select(*keys, *_SUMS).where(_IN_RANGE, _KIND.in_(_COUNTED)).group_by(*keys)


#: Each ruling in the range, with the approved amount before it: of the decision or another ruling.
_APPROVED_YUAN = case((_OUTCOME == "APPROVE", _YUAN))
_RULINGS = (
    select(
        _SEQ,
        _KIND,
        entries.c.place_code,
        entries.c.subject_id,
        _YEAR.label("year"),
        _APPROVED_YUAN.label("yuan"),
        func.lag(_APPROVED_YUAN)
        .over(partition_by=entries.c.decision_id, order_by=_SEQ)
        .label("before"),
    )
    .where(
        entries.c.decision_id.in_(
            select(entries.c.decision_id).where(_IN_RANGE, _KIND.in_(RULINGS))
        ),
        # With a plain condition on the kind, SQLite would read every decision instead of these.
        case((_OUTCOME == SECOND_NEEDED, 0), (_KIND.in_(("DECISION", *RULINGS)), 1), else_=0) == 1,
    )
    .subquery()
)


def _ruling_changes(*by: ColumnElement[Any]) -> Select[Any]:
    found, keys = _RULINGS.c, (_RULINGS.c.place_code, _RULINGS.c.year, *by)
    yuan = func.coalesce(func.sum(found.yuan), 0) - func.coalesce(func.sum(found.before), 0)
    return (
        select(*keys, func.count(found.yuan) - func.count(found.before), yuan)
        .where(found.kind.in_(RULINGS))
        .where(found.seq > bindparam("after"), found.seq <= bindparam("upto"))
        .group_by(*keys)
    )


_BY_PLACE = (_counts(), _ruling_changes())
_BY_PERSON = (_counts(entries.c.subject_id), _ruling_changes(_RULINGS.c.subject_id))

_REFERRED = and_(_DECIDED, _OUTCOME == "REFER")
_LAST_DAY = case(
    (_REFERRED, BodyText("answer.valid_until")),
    (_OUTCOME == SECOND_NEEDED, BodyText("valid_until")),
)
_CASE_CHANGES = (
    select(
        _SEQ, entries.c.decision_id, entries.c.place_code, _KIND, _OUTCOME, _LAST_DAY.label("day")
    )
    .where(_IN_RANGE, _REFERRED | _KIND.in_(("REVIEW_REQUESTED", *RULINGS)))
    .order_by(_SEQ)
)
