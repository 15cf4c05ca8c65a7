"""The audit, read: bounded by the auditor's places, latest first; accounts are of everywhere.

The record of every look at a person's data: who, when, through which route, at whom or where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy import ColumnElement, and_, false, or_, select

from api.access.objects import Located
from api.access.schemas import AccessShape
from api.core.principal import Principal
from api.http.request_log import get_request_id
from api.ledger.commands import Answer, View, Written
from api.ledger.entries import Kind
from api.ledger.tables import accesses


@dataclass(frozen=True)
class RecordAccess:
    """A ledger command that records one look and writes no entry.

    Attributes
    ----------
    persons : int
        How many people's data were told.
    """

    actor: str
    route: str
    place_code: str
    persons: int
    request_id: str
    member_id: str | None
    decision_id: str | None
    idempotency: None = None

    @classmethod
    def of(cls, request: Request, route: str, principal: Principal, found: Located) -> RecordAccess:
        """Return the record of an answered request."""
        place, persons = getattr(request.state, "told", (found.place_code, 1))
        return cls(
            actor=principal.subject,
            route=route,
            place_code=place if place is not None else common_place(principal.places),
            persons=persons,
            request_id=get_request_id(request),
            member_id=found.member_id,
            decision_id=found.decision_id,
        )

    def run(self, view: View) -> Written:
        """Record it; a member is named by the blind index alone."""
        row: dict[str, Any] = {
            "actor": self.actor,
            "route": self.route,
            "place_code": self.place_code,
            "persons": self.persons,
            "request_id": self.request_id,
            "member_index": view.identities.index(self.member_id) if self.member_id else None,
            "decision_id": self.decision_id,
        }
        return Written(Answer(204, b""), (), accesses=(row,))


def note_rows_shown(request: Request, place_code: str | None, persons: int) -> None:
    """Say for the record how many people a list told of, and in which place it was narrowed to.

    Parameters
    ----------
    place_code
        The filter; None if the caller set none.
    """
    request.state.told = (place_code, persons)


def common_place(places: tuple[str, ...]) -> str:
    """Return the smallest place that holds all of `places`."""
    for digits in (12, 9, 6):
        parts = {place[:digits] for place in places}
        if len(parts) == 1 and len(part := parts.pop()) == digits:
            return part
    return ""


_DECIDED: tuple[Kind, ...] = ("DECISION",)


@dataclass(frozen=True)
class AuditQuery:
    """Which looks: of an actor, at a member; behind a number; at most so many."""

    actor: str | None
    member_id: str | None
    before: int | None
    most: int


def audit_rows(view: View, principal: Principal, sought: AuditQuery) -> list[AccessShape]:
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
