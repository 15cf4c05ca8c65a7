"""Routes about the service: policy, scorecard, kinds of problem, addresses."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from api.access.dependencies import ResourcesInUse
from api.decisions.schemas import Digest
from api.http.openapi import refusals
from api.http.problem_kinds import KINDS, NOT_FOUND, NOT_READY
from api.http.problems import ProblemError, problem_body
from model.card.card_json import card_to_json

router = APIRouter(tags=["about"])


class PolicyShape(BaseModel):
    """The policy of the edition in use: every value with its unit, source and date of effect."""

    on: date
    policy_digest: Digest
    in_force: dict[str, Any]


class ScorecardShape(BaseModel):
    """The signed card in use: bins, points, PD table, grades, wording and provenance."""

    card_digest: Digest
    approved_by: str | None
    approved_at: str | None
    card: dict[str, Any]


@router.get("/v1/policy", summary="Show the policy in force", responses=refusals(NOT_READY))
async def get_policy(resources: ResourcesInUse) -> PolicyShape:
    """Return the policy in force on the edition's date."""
    policy = resources.policy
    return PolicyShape(on=policy.on, policy_digest=policy.digest, in_force=dict(policy.in_force))


@router.get("/v1/scorecard", summary="Show the scorecard", responses=refusals(NOT_READY))
async def get_scorecard(resources: ResourcesInUse) -> ScorecardShape:
    """Return the signed card in use."""
    card = resources.card
    return ScorecardShape(
        card_digest=card.digest,
        approved_by=card.approved_by,
        approved_at=card.approved_at,
        card=json.loads(card_to_json(card.card)),
    )


@router.get("/problems/{name}", summary="Explain a kind of problem", responses=refusals(NOT_FOUND))
async def get_problem(name: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]) -> dict[str, Any]:
    """Return the meaning of a problem's `type` and what the caller can do."""
    if name not in KINDS:
        raise ProblemError(NOT_FOUND)
    return problem_body(KINDS[name])


@router.get("/", summary="List the main addresses", responses=refusals())
async def get_root() -> dict[str, str]:
    """Return the name of the service and its main addresses."""
    return {
        "service": "融资E 信贷决策服务 / Rongzi E decision service",
        "openapi": "/openapi.json",
        "decisions": "/v1/decisions",
        "ready": "/ready",
    }
