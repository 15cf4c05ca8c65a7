"""Routes of a person's rights: an export of all stored data, and erasure."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.access.dependencies import (
    WRITE,
    Caller,
    LedgerInUse,
    MemberId,
    ResourcesInUse,
    WriteRequest,
)
from api.access.strict_route import StrictRoute
from api.http.ledger import to_response
from api.http.lending_problems import (
    DUTIES_APART,
    LOAN_OUTSTANDING,
    NOTHING_HELD,
    RULING_BINDS,
    STILL_COUNTED,
)
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.http.request_log import get_request_id
from api.persons.commands import Erase, Export
from api.persons.schemas import ErasedShape, ExportShape

router = APIRouter(prefix="/v1/members/{member_id}", route_class=StrictRoute, tags=["persons"])


@router.get(
    "/export",
    response_model=ExportShape,
    summary="Export all data stored about a person",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
async def get_member_export(
    member_id: MemberId, caller: Caller, resources: ResourcesInUse, ledger: LedgerInUse
) -> Response:
    """Return archive record, identity, consent and every ledger entry, and record the export."""
    export = Export(None, caller.subject, member_id, resources)
    return to_response(await ledger.write(export, caller.authority))


@router.post(
    "/erasure",
    response_model=ErasedShape,
    summary="Erase a person's identity",
    responses=refusals(
        UNKNOWN_MEMBER,
        NOTHING_HELD,
        LOAN_OUTSTANDING,
        RULING_BINDS,
        STILL_COUNTED,
        DUTIES_APART,
        *WRITE,
    ),
)
async def post_member_erasure(
    request: Request, member_id: MemberId, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Delete the identity row. The chain stays complete, and its entries identify nobody.

    Refused while a loan is outstanding or a person's ruling binds, and to whoever ruled. Lists
    leave the person out at once. A later request creates a new subject without a history.
    """
    scope = write.scope(member_id=member_id)
    erase = Erase(scope, write.actor, member_id, resources, get_request_id(request))
    return await write.send(erase)
