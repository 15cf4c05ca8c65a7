"""``/live``, ``/ready`` and ``/metrics``: for those who watch the service."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.core.metrics import CONTENT_TYPE, render_metrics
from api.decisions.schemas import Digest
from api.editions.in_use import Service, service_of
from api.http.ledger import get_ledger
from api.http.openapi import FieldErrorShape, refusals
from api.http.problem_kinds import NOT_FOUND, NOT_READY
from api.http.problems import FieldError, ProblemError
from api.ledger.writer import Ledger
from model.profile.dictionary import Text

router = APIRouter(tags=["running"])

_DRAINING = FieldError(
    "service",
    Text("服务正在停止；请改用另一实例", "the service is stopping; use another instance"),
)
_LEDGER_ZH = "账本不可写，任何决策都不会作出；请检查数据库及其磁盘。原因见英文说明"
_LEDGER_EN = "the ledger cannot be written, so nothing is decided: check the database and its disk"
#: Whoever can reach the service may ask; where its files lie is for the log to tell.
_FOLDERS = re.compile(r"(?<!\w)/(?:[^\s/:;,]+/)+")
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
async def get_ready(
    service: Annotated[Service, Depends(service_of)], ledger: Annotated[Ledger, Depends(get_ledger)]
) -> ReadyShape:
    """Answer 200 with what is in use, or 503 naming each missing part and what to do."""
    if service.draining:
        raise ProblemError(NOT_READY, [_DRAINING])
    await asyncio.to_thread(service.look)
    if missing := (*service.missing(), *await _away(ledger)):
        raise ProblemError(NOT_READY, [_without_folders(each) for each in missing])
    made = service.resources().edition.manifest
    return ReadyShape(
        ready=True,
        as_of=made.day,
        policy_digest=made.policy_digest,
        card_digest=made.card_digest,
        members=made.counts["members"],
        waiting=[
            FieldErrorShape(field=e.field, expected=e.expected.en, expected_zh=e.expected.zh)
            for e in map(_without_folders, service.waiting)
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
    return Response(render_metrics(), headers={"content-type": CONTENT_TYPE})


async def _away(ledger: Ledger) -> tuple[FieldError, ...]:
    why = await ledger.find_fault()
    return (FieldError("ledger", Text(_LEDGER_ZH, f"{why}; {_LEDGER_EN}")),) if why else ()


def _without_folders(told: FieldError) -> FieldError:
    zh, en = (_FOLDERS.sub("", text) for text in (told.expected.zh, told.expected.en))
    return FieldError(told.field, Text(zh, en))


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
