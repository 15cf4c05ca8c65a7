"""A person's consent and rights: give, withdraw, history; a copy of all that is held; erasure."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access.dependencies import (
    WRITE,
    Caller,
    IdempotencyKey,
    LedgerInUse,
    MemberId,
    ResourcesInUse,
    idempotency,
)
from api.access.strict_route import StrictRoute
from api.http.ledger import to_response
from api.http.lending_problems import LOAN_OUTSTANDING, NOTHING_HELD
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.persons.commands import Erase, Export
from api.persons.schemas import ErasedShape, ExportShape

router = APIRouter(prefix="/v1/members/{member_id}", route_class=StrictRoute, tags=["persons"])


@router.get(
    "/export",
    response_model=ExportShape,
    summary="Hand out all that is held about a person",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
async def get_member_export(
    member_id: MemberId, asker: Caller, resources: ResourcesInUse, ledger: LedgerInUse
) -> Response:
    """Return archive record, identity, consent and every ledger entry; that it was is recorded."""
    return to_response(await ledger.write(Export(None, asker.subject, member_id, resources)))


@router.post(
    "/erasure",
    response_model=ErasedShape,
    summary="Erase who a person is",
    responses=refusals(UNKNOWN_MEMBER, NOTHING_HELD, LOAN_OUTSTANDING, *WRITE),
)
async def post_member_erasure(
    member_id: MemberId,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Remove the identity row: the chain stays whole and its entries name nobody.

    Refused while a loan is outstanding. A later request makes a new subject without a past.
    """
    scope = idempotency(asker, "post_member_erasure", key, member_id=member_id)
    return to_response(await ledger.write(Erase(scope, asker.subject, member_id, resources)))
