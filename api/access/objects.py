"""Where the object of a request lies: the member or the decision that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from api.access.matrix import Bound
from api.fields import MEMBER_ID
from api.problem_kinds import UNKNOWN_MEMBER
from api.problems import Kind
from api.service import resources_of

_MEMBER = re.compile(MEMBER_ID)


@dataclass(frozen=True)
class Located:
    """An object's village, None if there is no such object, and how its absence is told."""

    place_code: str | None
    absent: Kind


async def place_of(request: Request, bound: Bound) -> Located | None:
    """Return where the object lies; None where the route is about none, or its name is malformed.

    A malformed name is left to the handler's validation, which refuses it for everybody alike.
    """
    if bound == "member in path":
        return await _member(request, request.path_params["member_id"])
    if bound == "member in body":
        body = await request.json() if await request.body() else None
        return await _member(request, body.get("member_id") if isinstance(body, dict) else None)
    return None


async def _member(request: Request, member_id: Any) -> Located | None:
    if not isinstance(member_id, str) or not _MEMBER.fullmatch(member_id):
        return None
    place_code = (await resources_of(request)).edition.village_of(member_id)
    return Located(place_code, UNKNOWN_MEMBER)
