"""``POST /v1/decisions``: a member, an amount, a term and a purpose in; a decision out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi import Request as HttpRequest

from api.access.principal import Principal
from api.deciding import Decide
from api.decision_route import DecisionRoute
from api.fields import EXPECTED, IDEMPOTENCY_KEY
from api.ledger.commands import Once
from api.ledger.serving import sent
from api.ledger.writer import Ledger
from api.openapi import refusals
from api.problem_kinds import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    IN_PROGRESS,
    INVALID_BODY,
    KEY_REUSED,
    LEDGER_AWAY,
    LEDGER_BUSY,
    MALFORMED_BODY,
    NOT_READY,
    UNKNOWN_MEMBER,
    UNSUPPORTED_MEDIA_TYPE,
)
from api.problems import ProblemError
from api.running.decision_counts import count_decision
from api.service import Service
from api.shapes import DecisionRequest, DecisionShape
from model.decision import Request

router = APIRouter(prefix="/v1", route_class=DecisionRoute, tags=["decisions"])


@router.post(
    "/decisions",
    response_model=DecisionShape,
    summary="Decide on a member's request",
    responses=refusals(
        MALFORMED_BODY,
        UNKNOWN_MEMBER,
        BODY_TOO_SLOW,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_BODY,
        IN_PROGRESS,
        KEY_REUSED,
        NOT_READY,
        LEDGER_AWAY,
        LEDGER_BUSY,
    ),
)
async def post_decision(
    request: HttpRequest,
    ask: DecisionRequest,
    idempotency_key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            pattern=IDEMPOTENCY_KEY,
            description=EXPECTED["Idempotency-Key"].en,
        ),
    ],
) -> Response:
    """Answer APPROVE, REFER or DECLINE with tier, points, offer, reasons and knock-outs.

    The profile is the member's in the edition in use. A member without consent is declined for that
    reason and never scored. The decision is in the ledger before it is answered.
    """
    state = request.app.state
    service: Service = state.service
    ledger: Ledger = state.ledger
    resources = service.resources()
    principal: Principal = request.state.principal
    profile = resources.edition.profile(ask.member_id)
    if profile is None:
        raise ProblemError(UNKNOWN_MEMBER)
    command = Decide(
        once=Once.of(principal.subject, "post_decision", idempotency_key, ask.model_dump()),
        actor=principal.subject,
        member_id=ask.member_id,
        request=Request(ask.amount_yuan, ask.months, ask.purpose),
        profile=profile,
        resources=resources,
        today=service.today(),
    )
    answer = await ledger.write(command)
    count_decision(request, answer)
    return sent(answer)
