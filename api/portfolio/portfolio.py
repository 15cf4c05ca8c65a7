"""The portfolio, place by place: archive → tiers → decisions → approved → disbursed.

Everything is summed from villages, so that the parts add up at every level, and for a caller of
some places as well as for one of all.

What a stretch of the ledger adds to the sums and to the queue, reckoned by the database.

It reckons beside the interpreter, where decisions go on meanwhile, and hands over a row a village
and year, and a row a case that may still wait, instead of every entry.

The statements by which the database reckons a stretch of the ledger, seq `after` to `upto`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, and_, bindparam, case, cast, func, select

from api.cases.state import RULINGS, SECOND_NEEDED
from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS
from api.ledger.entries import BodyText
from api.ledger.tables import entries

_SEQ, _KIND, _OUTCOME, _YUAN = (
    entries.c[name] for name in ("seq", "kind", "outcome", "amount_yuan")
)
_IN_STRETCH = and_(entries.c.seq > bindparam("after"), entries.c.seq <= bindparam("upto"))


def year_in_china(moment: ColumnElement[str]) -> ColumnElement[int]:
    """Return the year in China at a stored timestamp (`api.ledger.chain`), by its text alone.

    China's year begins eight hours before that of UTC.
    """
    is_next = case((func.substr(moment, 6, 8) >= "12-31T16", 1), else_=0)
    return cast(func.substr(moment, 1, 4), Integer) + is_next


def _sum(*when: tuple[ColumnElement[bool], ColumnElement[int] | int]) -> ColumnElement[int]:
    return func.sum(case(*when, else_=0))


_YEAR = year_in_china(entries.c.recorded_at)
_DECIDED = entries.c.kind == "DECISION"
_PAID = entries.c.kind == "DISBURSED"
_PAID_BACK = entries.c.kind == "DISBURSEMENT_CANCELLED"
_APPROVED = and_(_DECIDED, _OUTCOME == "APPROVE", _YUAN.is_not(None))

COUNTED = (
    select(
        entries.c.place_code,
        _YEAR.label("year"),
        _sum((_DECIDED, 1)),
        _sum((_APPROVED, 1)),
        _sum((_APPROVED, _YUAN)),
        _sum((_PAID, 1), (_PAID_BACK, -1)),
        _sum((_PAID, func.coalesce(_YUAN, 0)), (_PAID_BACK, -func.coalesce(_YUAN, 0))),
    )
    .where(_IN_STRETCH, _KIND.in_(("DECISION", "DISBURSED", "DISBURSEMENT_CANCELLED")))
    .group_by(entries.c.place_code, _YEAR)
)

#: Every ruling of the stretch beside what held before it: the decision, or the ruling before.
_APPROVED_YUAN = case((_OUTCOME == "APPROVE", _YUAN))
_SAID = (
    select(
        _SEQ,
        _KIND,
        entries.c.place_code,
        _YEAR.label("year"),
        _APPROVED_YUAN.label("yuan"),
        func.lag(_APPROVED_YUAN)
        .over(partition_by=entries.c.decision_id, order_by=_SEQ)
        .label("before"),
    )
    .where(
        entries.c.decision_id.in_(
            select(entries.c.decision_id).where(_IN_STRETCH, _KIND.in_(RULINGS))
        ),
        # A condition on the kind would have SQLite read every decision there is instead of these.
        case((_OUTCOME == SECOND_NEEDED, 0), (_KIND.in_(("DECISION", *RULINGS)), 1), else_=0) == 1,
    )
    .subquery()
)
RULED = (
    select(
        _SAID.c.place_code,
        _SAID.c.year,
        func.count(_SAID.c.yuan) - func.count(_SAID.c.before),
        func.coalesce(func.sum(_SAID.c.yuan), 0) - func.coalesce(func.sum(_SAID.c.before), 0),
    )
    .where(_SAID.c.kind.in_(RULINGS))
    .where(_SAID.c.seq > bindparam("after"), _SAID.c.seq <= bindparam("upto"))
    .group_by(_SAID.c.place_code, _SAID.c.year)
)

_REFERRED = and_(_DECIDED, _OUTCOME == "REFER")
_LAST_DAY = case(
    (_REFERRED, BodyText("answer.valid_until")),
    (_OUTCOME == SECOND_NEEDED, BodyText("valid_until")),
)
TURNS = (
    select(
        _SEQ, entries.c.decision_id, entries.c.place_code, _KIND, _OUTCOME, _LAST_DAY.label("day")
    )
    .where(_IN_STRETCH, _REFERRED | _KIND.in_(("REVIEW_REQUESTED", *RULINGS)))
    .order_by(_SEQ)
)


@dataclass
class Sums:
    """What happened in one village in one year, in China; money in yuan.

    Approvals that were overturned and payments that were cancelled are taken off in the year in
    which that happened, as a ledger books them.
    """

    decisions: int = 0
    approved: int = 0
    approved_yuan: int = 0
    disbursements: int = 0
    disbursed_yuan: int = 0

    def __iadd__(self, other: Sums) -> Sums:
        """Add `other`, part by part."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))
        return self


class EntryRange(NamedTuple):
    """The entries behind seq `after`, up to seq `upto`."""

    after: int
    upto: int


class CaseChange(NamedTuple):
    """An entry by which a case begins to wait, waits for a second reviewer, or waits no more.

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
        """Whether the case waits no more."""
        return self.kind in RULINGS and not self.asks_for_second

    @property
    def asks_for_second(self) -> bool:
        """Whether a first reviewer approved and a second one is needed."""
        return self.outcome == SECOND_NEEDED


def sums_by_place(connection: Connection, stretch: EntryRange) -> Iterator[tuple[str, int, Sums]]:
    """Yield (village, year in China, what happened); a village and year may come twice."""
    for place, year, *found in connection.execute(COUNTED, stretch._asdict()):
        yield place, year, Sums(*map(int, found))
    for place, year, approved, yuan in connection.execute(RULED, stretch._asdict()):
        yield place, year, Sums(approved=int(approved), approved_yuan=int(yuan))


def case_changes(connection: Connection, stretch: EntryRange) -> Iterator[CaseChange]:
    """Yield the turns of cases, in the order of the chain."""
    yield from map(CaseChange._make, connection.execute(TURNS, stretch._asdict()))


_TIERS = ("members", "first", "second", "third", "none")
_NAMES = ("county", "township", "village")


def portfolio(
    edition: Edition,
    sums: Mapping[tuple[str, int], Sums],
    level: str,
    within: Callable[[str], bool],
    year: int,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` that has a village `within`, by code.

    A village that left the archive still counts as long as the ledger speaks of it.

    Parameters
    ----------
    within
        Whether a village (12 digits) is to be counted.
    year
        In China: of ``this_year``.
    """
    names = {row["place_code"]: row for row in edition.funnel(level, PlaceFilter())}
    rows: dict[str, dict[str, Any]] = {}

    def at(village: str) -> dict[str, Any]:
        code = village[: LEVELS[level]]
        return rows.setdefault(code, _empty(code, names.get(code, {})))

    for found in edition.funnel("village", PlaceFilter()):
        if within(found["place_code"]):
            row = at(found["place_code"])
            for step in _TIERS:
                row[step] += found[step]
    for (village, then), each in sums.items():
        if within(village):
            row = at(village)
            row["in_total"] += each
            if then == year:
                row["this_year"] += each
    return [_told(rows[code]) for code in sorted(rows)]


def _empty(code: str, names: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: names.get(name) for name in _NAMES}
    counts = dict.fromkeys(_TIERS, 0)
    return {"place_code": code, **named, **counts, "this_year": Sums(), "in_total": Sums()}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "this_year": vars(row["this_year"]), "in_total": vars(row["in_total"])}
