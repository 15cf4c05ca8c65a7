"""The object of a request, a member or a decision, and its village."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from api.access.access_control import AccessControl
from api.access.matrix import Bound
from api.core.principal import Principal
from api.editions.edition import PlaceFilter
from api.editions.in_use import resources_of
from api.http import problems
from api.http.fields import MEMBER_ID
from api.http.ledger import get_ledger
from api.http.problem_kinds import UNKNOWN_DECISION, UNKNOWN_MEMBER, UNKNOWN_VILLAGE
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from api.ledger.writer import Ledger

_MEMBER = re.compile(MEMBER_ID)
_VILLAGE = re.compile(r"[0-9]{12}")
_DECISION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Located:
    """An object and its village.

    Attributes
    ----------
    place_code : str or None
        None if there is no such object.
    absent : Kind
        The problem to answer with if there is none.
    """

    place_code: str | None
    absent: problems.Kind
    member_id: str | None = None
    decision_id: str | None = None


async def locate(request: Request, bound: Bound, principal: Principal) -> Located | None:
    """Return the object of a request; None where the route has none, or its id is malformed.

    The handler's validation refuses a malformed id for every caller alike.
    """
    if bound == "member in path":
        return await _member(request, request.path_params.get("member_id"), principal)
    if bound == "member in body":
        body = await request.json() if await request.body() else None
        member_id = body.get("member_id") if isinstance(body, dict) else None
        return await _member(request, member_id, principal)
    if bound == "village in path":
        return await _village(request, request.path_params.get("village_code"))
    if bound == "decision in path":
        return await _decision(request, request.path_params.get("decision_id"))
    return None


async def _member(request: Request, member_id: Any, principal: Principal) -> Located | None:
    if not isinstance(member_id, str) or not _MEMBER.fullmatch(member_id):
        return None
    place = (await resources_of(request)).edition.village_of(member_id)
    if place is None or not principal.reaches(place):
        # A member who left the archive still has decisions. Look up a member of another place too,
        # so that a refusal takes the same steps whether or not the member exists.
        former = await asyncio.to_thread(_former_place, await get_ledger(request), member_id)
        place = place or former
    return Located(place, UNKNOWN_MEMBER, member_id=member_id)


async def _decision(request: Request, decision_id: Any) -> Located | None:
    if not isinstance(decision_id, str) or not _DECISION.fullmatch(decision_id):
        return None
    access: AccessControl = request.app.state.access_control
    place = access.decision_places.get(decision_id)
    if place is None:
        place = await asyncio.to_thread(_decision_place, await get_ledger(request), decision_id)
        if place is not None:
            access.remember_place(decision_id, place)
    return Located(place, UNKNOWN_DECISION, decision_id=decision_id)


async def _village(request: Request, village_code: Any) -> Located | None:
    if not isinstance(village_code, str) or not _VILLAGE.fullmatch(village_code):
        return None
    village = PlaceFilter(village=village_code)
    rows = (await resources_of(request)).edition.page(village, None, None, 1)
    return Located(village_code if rows else None, UNKNOWN_VILLAGE)


def _decision_place(ledger: Ledger, decision_id: str) -> str | None:
    with ledger.read() as view:
        entries = view.entries_of_decision(decision_id)
    return entries[0].place_code if entries else None


def _former_place(ledger: Ledger, member_id: str) -> str | None:
    with ledger.read() as view:
        _, entries = entries_of_member(view, member_id)
    return entries[-1].place_code if entries else None


def entries_of_member(
    view: View, member_id: str, kinds: Collection[Kind] = ()
) -> tuple[str | None, list[Entry]]:
    """Return the member's pseudonym, None if the ledger has none, and entries of `kinds` or all."""
    subject = view.identities.known([member_id]).get(member_id)
    return subject, view.entries_of_subject(subject, kinds) if subject else []
