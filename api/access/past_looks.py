"""The audit, read: bounded by the auditor's places, latest first; accounts are of everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select

from api.access.principal import Principal
from api.access.shapes import AccessShape
from api.ledger.commands import View
from api.ledger.entries import Kind
from api.ledger.tables import accesses

_DECIDED: tuple[Kind, ...] = ("DECISION",)


@dataclass(frozen=True)
class Sought:
    """Which looks: of an actor, at a member; behind a number; at most so many."""

    actor: str | None
    member_id: str | None
    before: int | None
    most: int


def past_looks(view: View, principal: Principal, sought: Sought) -> list[AccessShape]:
    """Return the looks that were `sought`, in places that `principal` reaches."""
    conditions = [_within(principal.places)]
    if sought.actor:
        conditions.append(accesses.c.actor == sought.actor)
    if sought.member_id:
        conditions.append(_at_member(view, sought.member_id))
    if sought.before:
        conditions.append(accesses.c.number < sought.before)
    statement = select(accesses).where(*conditions).order_by(accesses.c.number.desc())
    rows = view.connection.execute(statement.limit(sought.most)).mappings()
    return [AccessShape(**{name: row[name] for name in AccessShape.model_fields}) for row in rows]


def _within(places: Sequence[str]) -> ColumnElement[bool]:
    code = accesses.c.place_code
    return or_(false(), *(and_(code >= place, code < place + ":") for place in places))


def _at_member(view: View, member_id: str) -> ColumnElement[bool]:
    """Match looks at the member and at decisions on them; after erasure nothing ties these."""
    subject = view.identities.known([member_id]).get(member_id)
    decisions = view.entries_of_subject(subject, _DECIDED) if subject else []
    return or_(
        accesses.c.member_index == view.identities.index(member_id),
        accesses.c.decision_id.in_([entry.decision_id for entry in decisions]),
    )
