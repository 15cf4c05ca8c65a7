"""``POST /v1/decisions``: decide on a member's request of amount, term and purpose."""

from __future__ import annotations

import re
from functools import cache

from fastapi import APIRouter, Response
from fastapi import Request as HttpRequest
from prometheus_client import Counter

from api.access.dependencies import WRITE_BODY, IdempotencyKey
from api.core.metrics import DECISIONS
from api.core.principal import Principal
from api.decisions.commands import Decide
from api.decisions.decision_route import DecisionRoute
from api.decisions.edition_age import usable_age
from api.decisions.schemas import DecisionRequest, DecisionShape
from api.editions.in_use import Service
from api.http.ledger import to_response
from api.http.openapi import refusals
from api.http.problem_kinds import EDITION_STALE, UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.http.repayment_problems import (
    LINES_NOT_OFFERED,
)
from api.http.request_log import add_to_log
from api.ledger.commands import Answer, IdempotencyScope
from api.ledger.writer import Ledger
from model.decision.decision import Request

router = APIRouter(prefix="/v1", route_class=DecisionRoute, tags=["decisions"])


@router.post(
    "/decisions",
    response_model=DecisionShape,
    summary="Decide on a member's request",
    responses=refusals(UNKNOWN_MEMBER, EDITION_STALE, LINES_NOT_OFFERED, *WRITE_BODY),
)
async def post_decision(
    request: HttpRequest, body: DecisionRequest, idempotency_key: IdempotencyKey
) -> Response:
    """Answer APPROVE, REFER or DECLINE with tier, points, offer, reasons and knock-outs.

    The profile comes from the edition in use. A member without consent is declined for that reason
    and never scored. The decision is stored in the ledger before it is answered.
    """
    state = request.app.state
    service: Service = state.service
    ledger: Ledger = state.ledger
    resources = service.resources()
    principal: Principal = request.state.principal
    profile = resources.edition.profile(body.member_id)
    if profile is None:
        raise ProblemError(UNKNOWN_MEMBER)
    if body.revolving and not resources.policy.has_lines:
        raise ProblemError(LINES_NOT_OFFERED)
    command = Decide(
        # Without its default a loan has the scope that it had before there were lines.
        idempotency=IdempotencyScope.of(
            principal.subject,
            "post_decision",
            idempotency_key,
            body.model_dump(exclude_defaults=True),
        ),
        actor=principal.subject,
        member_id=body.member_id,
        request=Request(body.amount_yuan, body.months, body.purpose, body.revolving),
        profile=profile,
        resources=resources,
        today=service.today(),
        age=usable_age(service),
        caps_exceeded=state.caps_exceeded,
    )
    answer = await ledger.write(command, principal.authority)
    _count_decision(request, answer)
    return to_response(answer)


# The answer is sent as the stored bytes; parsing them would cost more than the rest of this route.
_ANSWER = re.compile(
    rb'\{"decision_id":"(?P<id>[0-9a-f-]{36})","outcome":"(?P<outcome>[A-Z]+)","tier":"(?P<tier>[A-Z]+)"'
)


def _count_decision(request: HttpRequest, answer: Answer) -> None:
    """Add the decision's id to the log line, and count its outcome and tier in the metrics."""
    if fields := _ANSWER.match(answer.body):
        add_to_log(request, decision_id=fields["id"].decode())
        _counter(fields["outcome"].decode(), fields["tier"].decode()).inc()


@cache
def _counter(outcome: str, tier: str) -> Counter:
    return DECISIONS.labels(outcome, tier)
