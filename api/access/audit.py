"""Access records: writing one for each disclosure of personal data, and reading them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import ColumnElement, and_, false, or_, select

from api.access.objects import Located, entries_of_member
from api.access.schemas import AccessShape
from api.core.principal import Principal
from api.http.request_log import get_request_id
from api.ledger.chain import AUDIT_COLUMNS, first_moment
from api.ledger.commands import Answer, View, Written
from api.ledger.entries import Kind
from api.ledger.tables import accesses

#: The route of the row that records an alarm.
MASS_ACCESS = "mass_access"
_DECISION: tuple[Kind, ...] = ("DECISION",)


@dataclass(frozen=True)
class RecordAccess:
    """A ledger command that writes one access record and no entry.

    Attributes
    ----------
    persons : int
        Number of people whose data the answer contained.
    alarm : int
        Number of people shown to the account in this hour, if that raises an alarm; else 0.
    """

    actor: str
    route: str
    place_code: str
    persons: int
    request_id: str
    member_id: str | None
    decision_id: str | None
    alarm: int = 0
    idempotency: None = None

    @classmethod
    def of(
        cls, request: Request, route: str, principal: Principal, target: Located
    ) -> RecordAccess:
        """Return the record of an answered request about `target`."""
        place, persons, shown = getattr(request.state, "listed", (target.place_code, 1, None))
        return cls(
            actor=principal.subject,
            route=route,
            place_code=place if place is not None else common_place(principal.places),
            persons=persons,
            request_id=get_request_id(request),
            member_id=target.member_id or shown,
            decision_id=target.decision_id,
        )

    def run(self, view: View) -> Written:
        """Write the record; it identifies a member by the blind index alone."""
        row: dict[str, Any] = {
            "actor": self.actor,
            "route": self.route,
            "place_code": self.place_code,
            "persons": self.persons,
            "request_id": self.request_id,
            "member_index": view.identities.index(self.member_id) if self.member_id else None,
            "decision_id": self.decision_id,
        }
        rows = [row]
        if self.alarm:
            none = {"member_index": None, "decision_id": None}
            rows.append({**row, **none, "route": MASS_ACCESS, "persons": self.alarm})
        return Written(Answer(204, b""), (), accesses=tuple(rows))


def note_rows_shown(
    request: Request, place_code: str | None, persons: int, member_id: str | None = None
) -> None:
    """Note for the access record how many people a list contains, and its place filter.

    Parameters
    ----------
    place_code
        The filter; None if the caller set none.
    member_id
        The one person of the list, so that they can read who looked for them; None for several.
    """
    request.state.listed = (place_code, persons, member_id)


def common_place(places: tuple[str, ...]) -> str:
    """Return the code of the smallest place that contains all of `places`."""
    for digits in (12, 9, 6):
        prefixes = {place[:digits] for place in places}
        if len(prefixes) == 1 and len(prefix := prefixes.pop()) == digits:
            return prefix
    return ""


@dataclass(frozen=True)
class AuditQuery:
    """Filters of a page of access records.

    Attributes
    ----------
    since, until : date or None
        First and last day, in China.
    before, after : int or None
        Numbers below and above which records are wanted.
    limit : int
        Most records.
    """

    actor: str | None = None
    member_id: str | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 100


def audit_rows(view: View, principal: Principal, query: AuditQuery) -> list[AccessShape]:
    """Return the records that match `query` in the principal's places, latest first.

    Events on accounts have no place, so only a principal of all places sees them.
    """
    statement = select(accesses).where(*_conditions(view, principal, query))
    statement = statement.order_by(accesses.c.number.desc()).limit(query.limit)
    rows = view.connection.execute(statement).mappings()
    return [AccessShape(**{name: row[name] for name in AccessShape.model_fields}) for row in rows]


def audit_lines(view: View, principal: Principal, query: AuditQuery) -> list[dict[str, Any]]:
    """Return the records that match `query` as they are stored, oldest first, with their digests.

    With the digest of the record before it, each record's digest can be computed again.
    """
    statement = select(accesses).where(*_conditions(view, principal, query))
    statement = statement.order_by(accesses.c.number).limit(query.limit)
    rows = view.connection.execute(statement).mappings()
    return [{name: row[name] for name in (*AUDIT_COLUMNS, "digest")} for row in rows]


def _conditions(view: View, principal: Principal, query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions = [_within(principal.places)]
    if query.actor:
        conditions.append(accesses.c.actor == query.actor)
    if query.member_id:
        conditions.append(_about_member(view, query.member_id))
    if query.since:
        conditions.append(accesses.c.accessed_at >= first_moment(query.since))
    if query.until:
        conditions.append(accesses.c.accessed_at < first_moment(query.until + timedelta(days=1)))
    if query.before is not None:
        conditions.append(accesses.c.number < query.before)
    if query.after is not None:
        conditions.append(accesses.c.number > query.after)
    return conditions


def _within(places: Sequence[str]) -> ColumnElement[bool]:
    code = accesses.c.place_code
    return or_(false(), *(and_(code >= place, code < place + ":") for place in places))


def _about_member(view: View, member_id: str) -> ColumnElement[bool]:
    """Match accesses to the member and to their decisions; erasure cuts the link to the latter."""
    _, decisions = entries_of_member(view, member_id, _DECISION)
    return or_(
        accesses.c.member_index == view.identities.index(member_id),
        accesses.c.decision_id.in_([entry.decision_id for entry in decisions]),
    )
