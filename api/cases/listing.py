"""The list of decisions, filtered and in pages, from the ledger alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select

from api.cases.case import member_named, without_person
from api.cases.schemas import DecisionRow, DecisionsPage
from api.cases.state import DecisionState
from api.consent.withheld import withheld
from api.core.principal import Principal
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources
from api.ledger.chain import first_moment
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.ledger.tables import entries

#: Roles that see the decisions of every officer in their places.
_SEES_ALL = frozenset({"reviewer", "auditor"})
#: Digits of a county's code: a village and a few figures would tell who an erased person was.
_COUNTY = 6
#: Numbers of decisions that are looked for at once.
_PART = 1_000


@dataclass(frozen=True)
class Filters:
    """What a list of decisions is limited to; None means no limit.

    Attributes
    ----------
    actor : str or None
        Account of the officer who asked.
    since, until : date or None
        First and last day of the decision, in China.
    place : PlaceFilter
        The filter by place, with the caller's places.
    among : collection of int or None
        Numbers (seq) of the decisions that come into question.
    """

    member_id: str | None
    actor: str | None
    outcome: str | None
    since: date | None
    until: date | None
    place: PlaceFilter
    among: Collection[int] | None = None


def decisions_page(
    view: View,
    resources: Resources,
    caller: Principal,
    filters: Filters,
    before: int | None,
    size: int,
) -> DecisionsPage:
    """Return up to `size` decisions whose number lies below `before`, latest first.

    The order is that of the ledger, so that a decision made meanwhile moves no row to another page.
    Of whoever withdrew consent since, neither tier nor points are told.
    """
    found = _found(view, _conditions(view, caller, filters), filters.among, before, size + 1)
    of_decision = view.entries_of_decisions([decision for _, decision in found[:size]])
    people = view.identities.people({each[0].subject_id for each in of_decision.values()})
    members = {str(person["member_id"]) for person in people.values()}
    hidden = withheld(view, resources, members)
    rows = [_row(view, of_decision[decision], people, hidden) for _, decision in found[:size]]
    has_more = len(found) > size
    return DecisionsPage(rows=rows, next_cursor=str(found[size - 1][0]) if has_more else None)


def _found(
    view: View,
    conditions: list[ColumnElement[bool]],
    among: Collection[int] | None,
    before: int | None,
    most: int,
) -> list[tuple[int, str]]:
    """Return number and id of up to `most` decisions below `before`, latest first."""
    seq = entries.c.seq
    if before is not None:
        conditions = [*conditions, seq < before]
    statement = select(seq, entries.c.decision_id).where(*conditions).order_by(seq.desc())
    if among is None:
        rows = view.connection.execute(statement.limit(most)).all()
        return [(int(each), str(decision)) for each, decision in rows]
    latest_first = sorted((each for each in among if not before or each < before), reverse=True)
    found: list[tuple[int, str]] = []
    # In parts, because a database bounds the parameters of a statement.
    for first in range(0, len(latest_first), _PART):
        part = seq.in_(latest_first[first : first + _PART])
        rows = view.connection.execute(statement.where(part).limit(most - len(found))).all()
        found += [(int(each), str(decision)) for each, decision in rows]
        if len(found) == most:
            break
    return found


def _conditions(view: View, caller: Principal, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [entries.c.kind == "DECISION", _within(filters.place)]
    if caller.roles.isdisjoint(_SEES_ALL):
        conditions.append(_asked_by(caller.subject))
    if filters.actor:
        conditions.append(entries.c.actor == filters.actor)
    if filters.outcome:
        conditions.append(entries.c.outcome == filters.outcome)
    if filters.since:
        conditions.append(entries.c.recorded_at >= first_moment(filters.since))
    if filters.until:
        conditions.append(entries.c.recorded_at < first_moment(filters.until + timedelta(days=1)))
    if filters.member_id:
        subject = view.identities.known([filters.member_id]).get(filters.member_id)
        conditions.append(entries.c.subject_id == subject if subject else false())
    return conditions


def _within(place: PlaceFilter) -> ColumnElement[bool]:
    codes = [code for code in (place.county, place.township, place.village) if code]
    return and_(or_(false(), *map(_starts, place.within)), *map(_starts, codes))


def _starts(prefix: str) -> ColumnElement[bool]:
    # ':' follows '9', so the range holds exactly the codes that begin with the prefix.
    code = entries.c.place_code
    return and_(code >= prefix, code < prefix + ":")


def _asked_by(account: str) -> ColumnElement[bool]:
    repeated = select(entries.c.decision_id).where(
        entries.c.kind == "REPEATED", entries.c.actor == account
    )
    return or_(entries.c.actor == account, entries.c.decision_id.in_(repeated))


def _row(
    view: View,
    of_decision: list[Entry],
    people: Mapping[str, Mapping[str, str | None]],
    hidden: Collection[str],
) -> DecisionRow:
    state = DecisionState.of(of_decision)
    first, person = of_decision[0], people.get(state.subject_id)
    is_shown = person is not None and person["member_id"] not in hidden
    answer = state.answer if is_shown else without_person(state.answer)
    return DecisionRow.model_validate(
        {
            **member_named(person),
            "decision_id": state.decision_id,
            "decided_at": first.recorded_at,
            "decided_for": first.actor,
            "place_code": state.place_code if person else state.place_code[:_COUNTY],
            "outcome": state.outcome,
            "status": state.status(view.now),
            "tier": answer["tier"],
            "points": answer["points"],
            "asked_yuan": state.asked_yuan,
            "approved_yuan": state.approved_yuan,
            "drawn_yuan": state.drawn_yuan,
            "valid_until": state.valid_until,
        }
    )
