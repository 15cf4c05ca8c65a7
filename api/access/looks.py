"""The record of every look at a person's data: who, when, through which route, at whom or where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from api.access.objects import Located
from api.access.principal import Principal
from api.ledger.commands import Answer, View, Written
from api.running.door import name_of


@dataclass(frozen=True)
class Look:
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
    once: None = None

    @classmethod
    def of(cls, request: Request, route: str, principal: Principal, found: Located) -> Look:
        """Return the record of an answered request."""
        place, persons = getattr(request.state, "told", (found.place_code, 1))
        return cls(
            actor=principal.subject,
            route=route,
            place_code=place if place is not None else common_place(principal.places),
            persons=persons,
            request_id=name_of(request),
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


def told_rows(request: Request, place_code: str | None, persons: int) -> None:
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
