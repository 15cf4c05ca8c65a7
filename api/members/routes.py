"""Routes of a member, the whitelist and its funnel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.access.audit import note_rows_shown
from api.access.dependencies import Caller, Level, MemberId, PageSize, ResourcesInUse, Within
from api.decisions.schemas import Tier
from api.http.fields import EXPECTED, MEMBER_ID
from api.http.openapi import refusals
from api.http.problem_kinds import INVALID_PARAMETER, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import FieldError, ProblemError
from api.members.schemas import FunnelRow, FunnelShape, MemberShape, WhitelistPage
from api.members.view import member_view, whitelist_row

router = APIRouter(prefix="/v1", tags=["members and whitelist"])


@router.get(
    "/members/{member_id}",
    summary="Show a member's profile, tier and masked identity",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY),
)
async def get_member(member_id: MemberId, resources: ResourcesInUse) -> MemberShape:
    """Return one member from the edition in use."""
    return member_view(resources, member_id)


@router.get("/whitelist", summary="List the whitelist in use", responses=refusals(NOT_READY))
async def get_whitelist(
    request: Request,
    resources: ResourcesInUse,
    place: Within,
    caller: Caller,
    tier: Annotated[Tier | None, Query(description=EXPECTED["tier"].en)] = None,
    cursor: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["cursor"].en)
    ] = None,
    page_size: PageSize = 100,
) -> WhitelistPage:
    """List the members of the caller's places by village and member id, of one tier or all."""
    edition = resources.edition
    after = edition.row(cursor) if cursor else None
    if cursor and (after is None or not caller.reaches(after["village_code"])):
        raise ProblemError(INVALID_PARAMETER, [FieldError("cursor", EXPECTED["cursor"])])
    rows = edition.page(place, tier, after, page_size + 1)
    has_more = len(rows) > page_size
    note_rows_shown(request, place.narrowest, min(len(rows), page_size))
    return WhitelistPage(
        rows=[whitelist_row(edition, row) for row in rows[:page_size]],
        next_cursor=rows[page_size - 1]["member_id"] if has_more else None,
    )


@router.get(
    "/whitelist/funnel",
    summary="Count from archive to disbursement, by place",
    responses=refusals(NOT_READY),
)
async def get_funnel(
    resources: ResourcesInUse,
    place: Within,
    level: Level = "county",
) -> FunnelShape:
    """Return the funnel of each place of `level` within the filter and the caller's places."""
    edition = resources.edition
    rows = [FunnelRow(**row) for row in edition.funnel(level, place)]
    return FunnelShape(as_of=edition.manifest.day, level=level, rows=rows)
