"""Routes of payments on a decision: list, disburse, cancel, repay, confirm and withdraw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BeforeValidator

from api.access.dependencies import (
    UUID,
    WRITE,
    WRITE_BODY,
    DecisionId,
    LedgerInUse,
    ResourcesInUse,
    ServiceInUse,
    WriteRequest,
    plain_digits,
)
from api.access.strict_route import StrictRoute
from api.cases.case import case_of, draw_body
from api.cases.schemas import DisbursementShape, StateShape
from api.decisions.edition_age import usable_age
from api.http.fields import EXPECTED
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ABOVE_CAP,
    ABOVE_GROUP_CAP,
    ABOVE_UNCONFIRMED,
    ALREADY_CANCELLED,
    ALREADY_PROPOSED,
    CASE_FULL,
    CONSENT_NOT_IN_FORCE,
    DECISION_EXPIRED,
    DUTIES_APART,
    NO_LONGER_ELIGIBLE,
    NOT_APPROVED,
    PERSON_ERASED,
    RULED_OTHERWISE,
    UNKNOWN_DISBURSEMENT,
    UNKNOWN_PROPOSAL,
)
from api.http.openapi import refusals
from api.http.problem_kinds import EDITION_STALE, LEDGER_AWAY, UNKNOWN_DECISION
from api.http.repayment_problems import (
    ABOVE_OUTSTANDING,
    ALREADY_REPAID,
    DRAW_PAST_DUE,
    UNKNOWN_REPAYMENT,
)
from api.payments.commands import CancelDisbursement, Confirm, Disburse, WithdrawProposal
from api.payments.repayments import CancelRepayment, Repay
from api.payments.schemas import DisbursementRequest, RepaymentRequest

router = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])

Number = Annotated[
    int,
    Path(ge=1, le=999_999, description=EXPECTED["number"].en),
    BeforeValidator(plain_digits),
]
RepaymentNumber = Annotated[
    int,
    Path(ge=1, le=999_999, description=EXPECTED["repayment"].en),
    BeforeValidator(plain_digits),
]
ProposalId = Annotated[str, Path(pattern=UUID, description=EXPECTED["proposal_id"].en)]


@router.get(
    "/{decision_id}/disbursements",
    summary="List the payments on a decision",
    responses=refusals(UNKNOWN_DECISION, LEDGER_AWAY),
)
def get_disbursements(decision_id: DecisionId, ledger: LedgerInUse) -> list[DisbursementShape]:
    """Return every payment in order, including cancelled ones."""
    with ledger.read() as view:
        state = case_of(view, decision_id)
        return [DisbursementShape.model_validate(draw_body(draw)) for draw in state.draws]


@router.post(
    "/{decision_id}/disbursements",
    status_code=201,
    response_model=StateShape,
    summary="Pay out on an approved decision",
    responses=refusals(
        UNKNOWN_DECISION, NOT_APPROVED, DECISION_EXPIRED, ABOVE_APPROVED, ABOVE_UNCONFIRMED,
        ABOVE_CAP, ABOVE_GROUP_CAP, DRAW_PAST_DUE, CONSENT_NOT_IN_FORCE,
        NO_LONGER_ELIGIBLE, RULED_OTHERWISE, PERSON_ERASED, DUTIES_APART, CASE_FULL,
        EDITION_STALE, *WRITE_BODY,
    ),
)  # fmt: skip
async def post_disbursement(
    decision_id: DecisionId,
    body: DisbursementRequest,
    write: WriteRequest,
    resources: ResourcesInUse,
    service: ServiceInUse,
) -> Response:
    """Record a payment, in full or in part, if its conditions hold at this moment.

    The decision must be approved and not expired, the amount must be left on it and on the member's
    other decisions, consent must be in force, and the member must still be eligible by the edition
    in use. Above `two_people_pay_above_yuan` it is a proposal, which another person confirms.
    """
    usable_age(service)
    scope = write.scope(decision_id=decision_id, **body.model_dump())
    command = Disburse(scope, write.actor, decision_id, body.amount_yuan, resources)
    return await write.send(command)


@router.post(
    "/{decision_id}/disbursements/{number}/cancellation",
    status_code=201,
    response_model=StateShape,
    summary="Cancel a payment",
    responses=refusals(
        UNKNOWN_DECISION, UNKNOWN_DISBURSEMENT, ALREADY_CANCELLED, ALREADY_REPAID, ALREADY_PROPOSED,
        DUTIES_APART, *WRITE,
    ),
)  # fmt: skip
async def post_disbursement_cancellation(
    decision_id: DecisionId, number: Number, write: WriteRequest
) -> Response:
    """Record that a payment is cancelled. Its entry stays, and its amount may be drawn again.

    Above `two_people_pay_above_yuan` it is a proposal, which another person confirms.
    """
    scope = write.scope(decision_id=decision_id, number=number)
    return await write.send(CancelDisbursement(scope, write.actor, decision_id, number))


@router.post(
    "/{decision_id}/disbursements/{number}/repayments",
    status_code=201,
    response_model=StateShape,
    summary="Record a repayment of a payment",
    responses=refusals(
        UNKNOWN_DECISION, UNKNOWN_DISBURSEMENT, ABOVE_OUTSTANDING, DUTIES_APART, *WRITE_BODY
    ),
)
async def post_repayment(
    decision_id: DecisionId, number: Number, body: RepaymentRequest, write: WriteRequest
) -> Response:
    """Record principal that was repaid; on a line of credit it may be drawn again.

    It is recorded also after the decision has expired. Who paid out does not record repayments.
    """
    scope = write.scope(decision_id=decision_id, number=number, **body.model_dump(mode="json"))
    command = Repay(scope, write.actor, decision_id, number, body.amount_yuan, body.repaid_on)
    return await write.send(command)


@router.post(
    "/{decision_id}/disbursements/{number}/repayments/{repayment}/cancellation",
    status_code=201,
    response_model=StateShape,
    summary="Cancel the record of a repayment",
    responses=refusals(
        UNKNOWN_DECISION, UNKNOWN_DISBURSEMENT, UNKNOWN_REPAYMENT, ALREADY_CANCELLED,
        DUTIES_APART, *WRITE,
    ),
)  # fmt: skip
async def post_repayment_cancellation(
    decision_id: DecisionId, number: Number, repayment: RepaymentNumber, write: WriteRequest
) -> Response:
    """Record that a repayment did not take place. Its entry stays; its amount is owed again."""
    scope = write.scope(decision_id=decision_id, number=number, repayment=repayment)
    command = CancelRepayment(scope, write.actor, decision_id, number, repayment)
    return await write.send(command)


@router.post(
    "/{decision_id}/proposals/{proposal_id}/confirmation",
    status_code=201,
    response_model=StateShape,
    summary="Confirm a payment or a cancellation that another person proposed",
    responses=refusals(
        UNKNOWN_DECISION, UNKNOWN_PROPOSAL, DUTIES_APART, NOT_APPROVED, DECISION_EXPIRED,
        ABOVE_APPROVED, ABOVE_CAP, ABOVE_GROUP_CAP, DRAW_PAST_DUE, CONSENT_NOT_IN_FORCE,
        NO_LONGER_ELIGIBLE, ALREADY_REPAID,
        RULED_OTHERWISE, PERSON_ERASED,
        ALREADY_CANCELLED, *WRITE,
    ),
)  # fmt: skip
async def post_confirmation(
    decision_id: DecisionId,
    proposal_id: ProposalId,
    write: WriteRequest,
    resources: ResourcesInUse,
) -> Response:
    """Let a proposal take place, if its conditions hold at this moment.

    It lapses after `confirmation_hours`. Who proposed it cannot confirm it.
    """
    scope = write.scope(decision_id=decision_id, proposal_id=proposal_id)
    return await write.send(Confirm(scope, write.actor, decision_id, proposal_id, resources))


@router.post(
    "/{decision_id}/proposals/{proposal_id}/withdrawal",
    status_code=201,
    response_model=StateShape,
    summary="Withdraw a proposed payment or cancellation",
    responses=refusals(UNKNOWN_DECISION, UNKNOWN_PROPOSAL, DUTIES_APART, *WRITE),
)
async def post_proposal_withdrawal(
    decision_id: DecisionId,
    proposal_id: ProposalId,
    write: WriteRequest,
    resources: ResourcesInUse,
) -> Response:
    """Take back a proposal that nobody has confirmed; what it was for may be drawn again.

    Whoever proposed it may, and whoever may confirm it.
    """
    scope = write.scope(decision_id=decision_id, proposal_id=proposal_id)
    command = WithdrawProposal(scope, write.actor, decision_id, proposal_id, resources)
    return await write.send(command)
