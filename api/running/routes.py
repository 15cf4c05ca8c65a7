"""``/live``, ``/ready`` and ``/metrics``: for those who watch the service."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.openapi import FieldErrorShape, refusals
from api.problem_kinds import NOT_FOUND, NOT_READY
from api.problems import FieldError, ProblemError
from api.running.metrics import CONTENT_TYPE, exposition
from api.service import Service, service_of
from api.shapes import Digest
from model.dictionary import Text

router = APIRouter(tags=["running"])

_DRAINING = FieldError(
    "service",
    Text("服务正在停止；请改用另一实例", "the service is stopping; use another instance"),
)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class ReadyShape(BaseModel):
    """What the service answers from."""

    ready: bool
    as_of: date
    policy_digest: Digest
    card_digest: Digest
    members: int = Field(description="members of the edition in use")
    waiting: list[FieldErrorShape] = Field(
        description="published, but not usable as it is: the version before stays in use"
    )


class LiveShape(BaseModel):
    """The process is alive."""

    live: bool


@router.get("/live", summary="Is the process alive?", responses=refusals())
async def get_live() -> LiveShape:
    """Answer as long as the process can."""
    return LiveShape(live=True)


@router.get("/ready", summary="Can decisions be made?", responses=refusals(NOT_READY))
async def get_ready(service: Annotated[Service, Depends(service_of)]) -> ReadyShape:
    """Answer 200 with what is in use, or 503 naming each missing part and what to do."""
    if service.draining:
        raise ProblemError(NOT_READY, [_DRAINING])
    await asyncio.to_thread(service.look)
    if missing := service.missing():
        raise ProblemError(NOT_READY, missing)
    made = service.resources().edition.manifest
    return ReadyShape(
        ready=True,
        as_of=made.day,
        policy_digest=made.policy_digest,
        card_digest=made.card_digest,
        members=made.counts["members"],
        waiting=[
            FieldErrorShape(field=e.field, expected=e.expected.en, expected_zh=e.expected.zh)
            for e in service.waiting
        ],
    )


@router.get(
    "/metrics",
    summary="Counts and times for Prometheus, on this machine only",
    responses={200: {"content": {"text/plain": {}}}, **refusals(NOT_FOUND)},
    response_class=Response,
)
async def get_metrics(request: Request) -> Response:
    """Answer in Prometheus' text format to a scraper on this machine, and to nobody behind it."""
    peer = request.client.host if request.client else ""
    # A header can only take the right away, never give it: what a proxy passes on came from afar.
    if not _is_loopback(peer) or any(name in request.headers for name in _FORWARDED):
        raise ProblemError(NOT_FOUND)
    return Response(exposition(), headers={"content-type": CONTENT_TYPE})


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
