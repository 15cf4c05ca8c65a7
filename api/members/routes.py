"""Routes of a member, the search for one, the whitelist, its changes and its funnel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from api.access.access_control import AccessControl, access_control_of
from api.access.audit import note_rows_shown
from api.access.dependencies import (
    BODY,
    Caller,
    LedgerInUse,
    Level,
    MemberId,
    PageSize,
    ResourcesInUse,
    SmallestCell,
    VillageCode,
    Within,
)
from api.access.erased import erased
from api.access.objects import entries_of_member
from api.access.strict_route import StrictRoute
from api.consent.consent import CONSENT, is_consent_in_force
from api.consent.withheld import withheld
from api.decisions.schemas import Tier
from api.editions.in_use import Resources
from api.http.fields import EXPECTED, MEMBER_ID
from api.http.openapi import refusals
from api.http.problem_kinds import (
    INVALID_PARAMETER,
    LEDGER_AWAY,
    NOT_READY,
    TOO_MANY_REQUESTS,
    UNKNOWN_MEMBER,
    UNKNOWN_VILLAGE,
)
from api.http.problems import FieldError, ProblemError
from api.ledger.writer import Ledger
from api.members.explanation import explain_member
from api.members.funnel import FUNNEL_COUNTS, funnel_rows, placed
from api.members.schemas import (
    ChangesPage,
    FunnelRow,
    FunnelShape,
    HouseholdShape,
    MemberExplanation,
    MemberShape,
    SearchPage,
    SearchRequest,
    VillageSheet,
    WhitelistPage,
)
from api.members.search import Search
from api.members.view import member_view, whitelist_row
from api.members.village import village_sheet
from model.decision.whitelist_changes import ChangeKind

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["members and whitelist"])


@router.post(
    "/members/search",
    summary="Find a person by id number, phone, name or village",
    responses=refusals(NOT_READY, LEDGER_AWAY, *BODY),
)
async def search_members(
    request: Request,
    body: SearchRequest,
    caller: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    access: Annotated[AccessControl, Depends(access_control_of)],
) -> SearchPage:
    """Return the people in the caller's places who match every field, masked.

    Criteria travel in the body, because addresses are logged. Every search is recorded, and an
    account may search 30 times at once and every two seconds after that.
    """
    if wait := access.searches.wait(caller.subject):
        raise ProblemError(TOO_MANY_REQUESTS, headers={"Retry-After": str(int(wait) + 1)})
    found = Search(resources, caller.places)
    page = found.people(body)
    gone, hidden = await asyncio.to_thread(
        _gone_and_withheld, ledger, resources, [row.member_id for row in page.rows]
    )
    page.rows = [row for row in page.rows if row.member_id not in gone]
    page = found.without_values(page, hidden)
    only = page.rows[0].member_id if len(page.rows) == 1 else None
    note_rows_shown(request, None, len(page.rows), only)
    return page


@router.get(
    "/members/{member_id}/household",
    summary="Show a member's place in the household",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
async def get_household(
    member_id: MemberId, caller: Caller, resources: ResourcesInUse, ledger: LedgerInUse
) -> HouseholdShape:
    """Return how many members the household has and who of it may borrow, without their data.

    Without the member's consent it is not told who may.
    """
    _, hidden = await asyncio.to_thread(_gone_and_withheld, ledger, resources, [member_id])
    found = Search(resources, caller.places)
    return found.household(member_id, has_consent=member_id not in hidden)


@router.get(
    "/whitelist/changes",
    summary="List who entered, left or changed tier",
    responses=refusals(NOT_READY, LEDGER_AWAY),
)
async def get_whitelist_changes(
    request: Request,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    place: Within,
    caller: Caller,
    change: Annotated[ChangeKind | None, Query(description=EXPECTED["change"].en)] = None,
    cursor: Annotated[
        str | None,
        Query(pattern=r"^[0-9]{12}-[A-Za-z0-9_-]{1,64}$", description=EXPECTED["cursor"].en),
    ] = None,
    page_size: PageSize = 100,
) -> ChangesPage:
    """List changes against the edition before, with tier and points before and after.

    Who withdrew consent since, or was erased, is left out, so a page may hold fewer rows.
    """
    kinds = [change] if change else []
    page = Search(resources, caller.places).changes(place, kinds, cursor, page_size)
    listed = [row.member_id for row in page.rows]
    gone, hidden = await asyncio.to_thread(_gone_and_withheld, ledger, resources, listed)
    page.rows = [row for row in page.rows if row.member_id not in gone | hidden]
    note_rows_shown(request, place.narrowest, len(page.rows))
    return page


@router.get(
    "/members/{member_id}",
    summary="Show a member's profile, tier and masked identity",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
async def get_member(
    member_id: MemberId, resources: ResourcesInUse, ledger: LedgerInUse
) -> MemberShape:
    """Return one member from the edition in use; without consent, identity and that alone."""
    has_consent = await asyncio.to_thread(_has_consent, ledger, resources, member_id)
    return member_view(resources, member_id, has_consent=has_consent)


@router.get(
    "/members/{member_id}/explanation",
    summary="Explain a member's tier and what would lift it",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
def get_member_explanation(
    member_id: MemberId,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    lang: Annotated[Literal["zh", "en"], Query(description=EXPECTED["lang"].en)] = "zh",
) -> MemberExplanation:
    """Return plain sentences on what counted and what would help, and the household's year.

    They follow from the edition in use, before anybody asks for a loan. Without consent they say
    that alone.
    """
    with ledger.read() as view:
        return explain_member(view, resources, member_id, lang)


@router.get(
    "/villages/{village_code}/sheet",
    summary="List a village for a visit, with what to verify",
    responses=refusals(UNKNOWN_VILLAGE, NOT_READY, LEDGER_AWAY),
)
def get_village_sheet(
    request: Request,
    village_code: VillageCode,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    lang: Annotated[Literal["zh", "en"], Query(description=EXPECTED["lang"].en)] = "zh",
    cursor: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["cursor"].en)
    ] = None,
    page_size: PageSize = 50,
) -> VillageSheet:
    """List the members of a village, masked, with tier, limit and what a visit should verify.

    Each member is shown as on their own page, so about ten milliseconds of work go into a row.
    """
    after = resources.edition.row(cursor) if cursor else None
    if cursor and (after is None or after["village_code"] != village_code):
        raise ProblemError(INVALID_PARAMETER, [FieldError("cursor", EXPECTED["cursor"])])
    with ledger.read() as view:
        sheet = village_sheet(view, resources, village_code, after, page_size, lang)
    note_rows_shown(request, village_code, len(sheet.rows))
    return sheet


def _has_consent(ledger: Ledger, resources: Resources, member_id: str) -> bool:
    edition = resources.edition
    with ledger.read() as view:
        _, entries = entries_of_member(view, member_id, CONSENT)
        terms = resources.policy.consent_terms
        return is_consent_in_force(entries, edition.profile(member_id), edition, terms)


def _gone_and_withheld(
    ledger: Ledger, resources: Resources, member_ids: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return who of `member_ids` was erased since the edition, and of whom no value is shown."""
    with ledger.read() as view:
        gone = erased(view, member_ids, resources.edition.manifest.day)
        return gone, withheld(view, resources, member_ids)


@router.get(
    "/whitelist",
    summary="List the whitelist in use",
    responses=refusals(NOT_READY, LEDGER_AWAY),
)
async def get_whitelist(
    request: Request,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    place: Within,
    caller: Caller,
    tier: Annotated[Tier | None, Query(description=EXPECTED["tier"].en)] = None,
    cursor: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["cursor"].en)
    ] = None,
    page_size: PageSize = 100,
) -> WhitelistPage:
    """List the members of the caller's places by village and member id, of one tier or all.

    Who withdrew consent since the edition is shown without values, and not where one tier is asked
    for; who was erased since is not shown. So a page may hold fewer rows.
    """
    edition = resources.edition
    after = edition.row(cursor) if cursor else None
    if cursor and (after is None or not caller.reaches(after["village_code"])):
        raise ProblemError(INVALID_PARAMETER, [FieldError("cursor", EXPECTED["cursor"])])
    rows = edition.page(place, tier, after, page_size + 1)
    has_more = len(rows) > page_size
    listed = rows[:page_size]
    members = [row["member_id"] for row in listed]
    gone, hidden = await asyncio.to_thread(_gone_and_withheld, ledger, resources, members)
    left_out = gone | hidden if tier else gone
    shown = [row for row in listed if row["member_id"] not in left_out]
    note_rows_shown(request, place.narrowest, len(shown))
    return WhitelistPage(
        rows=[
            whitelist_row(edition, row, has_consent=row["member_id"] not in hidden) for row in shown
        ],
        next_cursor=rows[page_size - 1]["member_id"] if has_more else None,
    )


@router.get(
    "/whitelist/funnel",
    summary="Count from archive to disbursement, by place",
    response_model_exclude_unset=True,
    responses=refusals(NOT_READY),
)
async def get_funnel(
    resources: ResourcesInUse,
    place: Within,
    smallest: SmallestCell,
    level: Level = "county",
) -> FunnelShape:
    """Return the funnel of each place of `level` within the filter and the caller's places.

    A caller who may not see the persons gets null for counts of few persons. An edition of an
    earlier release knows neither positions nor the borrowers of the year, and leaves them out.
    """
    rows = placed(resources.edition, funnel_rows(resources.edition, level, place, smallest))
    return FunnelShape(
        as_of=resources.edition.manifest.day,
        level=level,
        counts=[each for each in FUNNEL_COUNTS if all(each.name in row for row in rows)],
        rows=[FunnelRow(**row) for row in rows],
    )
