"""``GET /v1/members/{member_id}``, ``/v1/whitelist`` and ``/v1/whitelist/funnel``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BeforeValidator

from api.access.audit import told_rows
from api.access.enforce import principal_of
from api.core.principal import Principal
from api.decisions.schemas import Tier
from api.editions.edition import Place
from api.editions.in_use import Resources, resources_of
from api.http.fields import EXPECTED, MEMBER_ID, MOST_PAGE
from api.http.openapi import refusals
from api.http.problem_kinds import INVALID_PARAMETER, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import FieldError, ProblemError
from api.members import view as standing
from api.members.schemas import FunnelRow, FunnelShape, MemberShape, WhitelistPage

router = APIRouter(prefix="/v1", tags=["members and whitelist"])


def _plain_digits(value: Any) -> Any:
    # The validator behind it also takes "+5", "5.0" and "1_000".
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,6}", value):
        raise ValueError("digits only")
    return value


async def _place(
    principal: Annotated[Principal, Depends(principal_of)],
    county: Annotated[
        str | None, Query(pattern=r"^[0-9]{6}$", description=EXPECTED["county"].en)
    ] = None,
    township: Annotated[
        str | None, Query(pattern=r"^[0-9]{9}$", description=EXPECTED["township"].en)
    ] = None,
    village: Annotated[
        str | None, Query(pattern=r"^[0-9]{12}$", description=EXPECTED["village"].en)
    ] = None,
) -> Place:
    return Place(county, township, village, within=principal.places)


InUse = Annotated[Resources, Depends(resources_of)]
Within = Annotated[Place, Depends(_place)]
MemberIdPath = Annotated[str, Path(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)]
PageSize = Annotated[
    int,
    BeforeValidator(_plain_digits),
    Query(ge=1, le=MOST_PAGE, description=EXPECTED["page_size"].en),
]


@router.get(
    "/members/{member_id}",
    summary="Show a member's profile, tier and masked identity",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY),
)
async def get_member(member_id: MemberIdPath, resources: InUse) -> MemberShape:
    """Return one member as the edition in use knows them."""
    return standing.member(resources, member_id)


@router.get("/whitelist", summary="List the edition in use", responses=refusals(NOT_READY))
async def get_whitelist(
    request: Request,
    resources: InUse,
    place: Within,
    principal: Annotated[Principal, Depends(principal_of)],
    tier: Annotated[Tier | None, Query(description=EXPECTED["tier"].en)] = None,
    cursor: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["cursor"].en)
    ] = None,
    page_size: PageSize = 100,
) -> WhitelistPage:
    """List members of the caller's places by village and member id, of one tier or all."""
    edition = resources.edition
    after = edition.row(cursor) if cursor else None
    if cursor and (after is None or not principal.reaches(after["village_code"])):
        raise ProblemError(INVALID_PARAMETER, [FieldError("cursor", EXPECTED["cursor"])])
    rows = edition.page(place, tier, after, page_size + 1)
    more = len(rows) > page_size
    told_rows(request, place.narrowest, min(len(rows), page_size))
    return WhitelistPage(
        rows=[standing.whitelist_row(edition, row) for row in rows[:page_size]],
        next_cursor=rows[page_size - 1]["member_id"] if more else None,
    )


@router.get(
    "/whitelist/funnel",
    summary="Count from archive to disbursement, by place",
    responses=refusals(NOT_READY),
)
async def get_funnel(
    resources: InUse,
    place: Within,
    level: Annotated[
        Literal["total", "county", "township", "village"],
        Query(description=EXPECTED["level"].en),
    ] = "county",
) -> FunnelShape:
    """Return the funnel of each place of `level` in the place asked for and the caller's places."""
    edition = resources.edition
    rows = [FunnelRow(**row) for row in edition.funnel(level, place)]
    return FunnelShape(as_of=edition.manifest.day, level=level, rows=rows)
