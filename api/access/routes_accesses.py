"""``GET /v1/accesses``: who looked at whose data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access.enforcing import principal_of
from api.access.past_looks import Sought, past_looks
from api.access.principal import Principal
from api.access.shapes import AccessPage
from api.fields import ACTOR, EXPECTED, MEMBER_ID, NUMBER
from api.ledger.serving import ledger_of
from api.ledger.writer import Ledger
from api.openapi import refusals
from api.problem_kinds import LEDGER_AWAY
from api.routes_members import PageSize

router = APIRouter(prefix="/v1", tags=["audit"])


@router.get("/accesses", summary="Show who looked at whose data", responses=refusals(LEDGER_AWAY))
def get_accesses(
    ledger: Annotated[Ledger, Depends(ledger_of)],
    principal: Annotated[Principal, Depends(principal_of)],
    actor: Annotated[str | None, Query(pattern=ACTOR, description=EXPECTED["actor"].en)] = None,
    member_id: Annotated[
        str | None, Query(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)
    ] = None,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 100,
) -> AccessPage:
    """List looks at members and decisions in the caller's places, latest first."""
    sought = Sought(actor, member_id, int(cursor) if cursor else None, page_size + 1)
    with ledger.read() as view:
        rows = past_looks(view, principal, sought)
    more = len(rows) > page_size
    return AccessPage(
        rows=rows[:page_size], next_cursor=str(rows[page_size - 1].number) if more else None
    )
