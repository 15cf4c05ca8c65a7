"""Routes of differences between the bank's books and the ledger: list them, settle one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access.audit import note_rows_shown
from api.access.dependencies import (
    UUID,
    WRITE_BODY,
    Caller,
    LedgerInUse,
    MemberId,
    PageSize,
    ResourcesInUse,
    Within,
    WriteRequest,
    within,
)
from api.access.strict_route import StrictRoute
from api.http.fields import EXPECTED
from api.http.lending_problems import DUTIES_APART
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_MEMBER
from api.http.repayment_problems import ALREADY_SETTLED, DIFFERENCE_CHANGED, UNKNOWN_DIFFERENCE
from api.portfolio.tally import TallyInUse
from api.reconciliation.differences import differences_page
from api.reconciliation.schemas import BookDifferencesPage, SettlementRecorded, SettlementRequest
from api.reconciliation.settling import Seen, Settle

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["reconciliation"])

DifferenceId = Annotated[str, Path(pattern=UUID, description=EXPECTED["difference_id"].en)]


@router.get(
    "/differences",
    summary="List what differs between the bank's books and the ledger",
    responses=refusals(LEDGER_AWAY),
)
def list_differences(
    request: Request,
    caller: Caller,
    ledger: LedgerInUse,
    tally: TallyInUse,
    place: Within,
    settled: Annotated[bool, Query(description=EXPECTED["settled"].en)] = False,
    cursor: Annotated[str | None, Query(pattern=UUID, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 50,
) -> BookDifferencesPage:
    """List the open differences of the caller's places, or those that a person settled.

    Until a person settles one, the larger figure counts as out wherever exposure is counted.
    """
    with ledger.read() as view:
        rows, next_cursor = differences_page(
            view, tally.differing(view), within(caller, place), cursor or "", page_size,
            settled=settled,
        )  # fmt: skip
    note_rows_shown(request, place.narrowest, len(rows))
    return BookDifferencesPage.model_validate({"rows": rows, "next_cursor": next_cursor})


@router.post(
    "/members/{member_id}/differences/{difference_id}/settlement",
    status_code=201,
    response_model=SettlementRecorded,
    summary="Settle a difference: the bank's figure or the ledger's holds",
    responses=refusals(
        UNKNOWN_MEMBER, UNKNOWN_DIFFERENCE, DIFFERENCE_CHANGED, ALREADY_SETTLED, DUTIES_APART,
        *WRITE_BODY,
    ),
)  # fmt: skip
async def post_settlement(
    member_id: MemberId,
    difference_id: DifferenceId,
    body: SettlementRequest,
    write: WriteRequest,
    resources: ResourcesInUse,
) -> Response:
    """Record whose figure holds, for exactly the two figures seen.

    When either changes, the difference is open again. Where more than `two_people_pay_above_yuan`
    would count less, a second person must say the same. Who paid out, cancelled or recorded a
    repayment does not settle.
    """
    scope = write.scope(member_id=member_id, difference_id=difference_id, **body.model_dump())
    seen = Seen(body.bank_yuan, body.ledger_yuan)
    command = Settle(
        scope, write.actor, member_id, difference_id, body.side, seen, body.note, resources
    )
    return await write.send(command)
