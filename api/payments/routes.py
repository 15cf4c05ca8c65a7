"""Paying out on an approved decision: what was paid, a payment, its cancellation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access.dependencies import (
    WRITE,
    WRITE_BODY,
    Caller,
    DecisionId,
    IdempotencyKey,
    LedgerInUse,
    ResourcesInUse,
    idempotency,
)
from api.access.strict_route import StrictRoute
from api.cases.case import case_of
from api.cases.schemas import DisbursementShape, StateShape
from api.http.fields import EXPECTED
from api.http.ledger import to_response
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ALREADY_CANCELLED,
    CONSENT_NOT_IN_FORCE,
    DECISION_EXPIRED,
    NO_LONGER_ELIGIBLE,
    NOT_APPROVED,
    PERSON_ERASED,
    UNKNOWN_DISBURSEMENT,
)
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.schemas import DisbursementRequest

router = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])

Number = Annotated[int, Path(ge=1, le=999, description=EXPECTED["number"].en)]


@router.get(
    "/{decision_id}/disbursements",
    summary="List what was paid out on a decision",
    responses=refusals(UNKNOWN_DECISION, LEDGER_AWAY),
)
def get_disbursements(decision_id: DecisionId, ledger: LedgerInUse) -> list[DisbursementShape]:
    """Return every payment, cancelled ones too, in order."""
    with ledger.read() as view:
        state = case_of(view, decision_id)
        return [DisbursementShape(**vars(draw)) for draw in state.draws]


@router.post(
    "/{decision_id}/disbursements",
    status_code=201,
    response_model=StateShape,
    summary="Pay out on an approved decision",
    responses=refusals(
        UNKNOWN_DECISION, NOT_APPROVED, DECISION_EXPIRED, ABOVE_APPROVED, CONSENT_NOT_IN_FORCE,
        NO_LONGER_ELIGIBLE, PERSON_ERASED, *WRITE_BODY,
    ),
)  # fmt: skip
async def post_disbursement(
    decision_id: DecisionId,
    ask: DisbursementRequest,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Pay, if all that must hold at this moment does; parts add up.

    The decision is approved and in force, enough is left on it and over the member's other
    decisions, consent stands, and the member is still eligible by the edition in use.
    """
    scope = idempotency(
        asker, "post_disbursement", key, decision_id=decision_id, **ask.model_dump()
    )
    command = Disburse(scope, asker.subject, decision_id, ask.amount_yuan, resources)
    return to_response(await ledger.write(command))


@router.post(
    "/{decision_id}/disbursements/{number}/cancellation",
    status_code=201,
    response_model=StateShape,
    summary="Cancel a payment",
    responses=refusals(UNKNOWN_DECISION, UNKNOWN_DISBURSEMENT, ALREADY_CANCELLED, *WRITE),
)
async def post_disbursement_cancellation(
    decision_id: DecisionId, number: Number, asker: Caller, ledger: LedgerInUse, key: IdempotencyKey
) -> Response:
    """Record that a payment is undone; its entry stays and its amount may be drawn again."""
    scope = idempotency(
        asker, "post_disbursement_cancellation", key, decision_id=decision_id, number=number
    )
    return to_response(
        await ledger.write(CancelDisbursement(scope, asker.subject, decision_id, number))
    )
