"""``POST /v1/decisions``: a member, an amount, a term and a purpose in; a decision out.

What a decision's answer adds to the log line and the metrics of its request.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi import Request as HttpRequest
from prometheus_client import Counter

from api.core.metrics import DECISIONS
from api.core.principal import Principal
from api.decisions.commands import Decide
from api.decisions.decision_route import DecisionRoute
from api.decisions.schemas import DecisionRequest, DecisionShape
from api.editions.in_use import Service
from api.http.fields import EXPECTED, IDEMPOTENCY_KEY
from api.http.ledger import to_response
from api.http.openapi import refusals
from api.http.problem_kinds import (
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
from api.http.problems import ProblemError
from api.http.request_log import add_to_log
from api.ledger.commands import Answer, IdempotencyScope
from api.ledger.writer import Ledger
from model.decision.decision import Request

# The answer leaves as the bytes that were kept; parsing them again would cost more than all this.
_TOLD = re.compile(
    rb'\{"decision_id":"(?P<id>[0-9a-f-]{36})","outcome":"(?P<outcome>[A-Z]+)","tier":"(?P<tier>[A-Z]+)"'
)


def count_decision(request: HttpRequest, answer: Answer) -> None:
    """Note the decision's id and count its outcome and tier."""
    if told := _TOLD.match(answer.body):
        add_to_log(request, decision_id=told["id"].decode())
        _counter(told["outcome"].decode(), told["tier"].decode()).inc()


@cache
def _counter(outcome: str, tier: str) -> Counter:
    return DECISIONS.labels(outcome, tier)


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
        idempotency=IdempotencyScope.of(
            principal.subject, "post_decision", idempotency_key, ask.model_dump()
        ),
        actor=principal.subject,
        member_id=ask.member_id,
        request=Request(ask.amount_yuan, ask.months, ask.purpose),
        profile=profile,
        resources=resources,
        today=service.today(),
    )
    answer = await ledger.write(command)
    count_decision(request, answer)
    return to_response(answer)
