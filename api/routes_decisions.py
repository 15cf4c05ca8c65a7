"""``POST /v1/decisions``: a member, an amount, a term and a purpose in; a decision out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from api.deciding import answer
from api.fields import EXPECTED, IDEMPOTENCY_KEY
from api.openapi import refusals
from api.problem_kinds import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    INVALID_BODY,
    MALFORMED_BODY,
    NOT_READY,
    UNKNOWN_MEMBER,
    UNSUPPORTED_MEDIA_TYPE,
)
from api.resources import Resources
from api.service import Service, resources_of, service_of
from api.shapes import DecisionRequest, DecisionShape
from api.strict_request import StrictRoute

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["decisions"])


@router.post(
    "/decisions",
    summary="Decide on a member's request",
    responses=refusals(
        MALFORMED_BODY,
        UNKNOWN_MEMBER,
        BODY_TOO_SLOW,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_BODY,
        NOT_READY,
    ),
)
async def post_decision(
    ask: DecisionRequest,
    resources: Annotated[Resources, Depends(resources_of)],
    service: Annotated[Service, Depends(service_of)],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=IDEMPOTENCY_KEY,
            description=EXPECTED["Idempotency-Key"].en,
        ),
    ] = None,
) -> DecisionShape:
    """Answer APPROVE, REFER or DECLINE with tier, points, offer, reasons and knock-outs.

    The profile is the member's in the edition in use. A member without consent is declined for that
    reason and never scored.
    """
    return answer(resources, ask, service.today())
