"""Routes about the service: its health and metrics, policy, scorecard, kinds of problem."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from api.access.dependencies import LedgerInUse, ResourcesInUse, ServiceInUse
from api.core.metrics import CONTENT_TYPE, render_metrics
from api.decisions.schemas import Digest
from api.http.openapi import FieldErrorShape, refusals
from api.http.problem_kinds import KINDS, NOT_FOUND, NOT_READY
from api.http.problems import FieldError, ProblemError, problem_body
from api.ledger.writer import Ledger
from model.card.card_json import card_to_json
from model.policy.publication import Freshness
from model.profile.dictionary import Text

health_router = APIRouter(tags=["running"])
about_router = APIRouter(tags=["about"])

_DRAINING = FieldError(
    "service",
    Text("服务正在停止，请使用其他实例", "the service is stopping; use another instance"),
)
_LEDGER_ZH = "账本无法写入，暂停作出决策；请检查数据库及其磁盘。原因见英文说明"
_LEDGER_EN = "the ledger cannot be written, so nothing is decided: check the database and its disk"
#: Folders in a message, which only the log may show, because everyone may call ``/ready``.
_FOLDERS = re.compile(r"(?<!\w)/(?:[^\s/:;,]+/)+")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class ReadyShape(BaseModel):
    """The resources in use."""

    ready: bool
    as_of: date
    policy_digest: Digest
    card_digest: Digest
    members: int = Field(description="members of the edition in use")
    edition_age_days: int = Field(description="from `as_of` to today, in a demo to `demo_day`")
    edition_use: Freshness = Field(
        description="fresh; referred: a person decides what would be approved; refused: too old"
    )
    demo_day: date | None = Field(description="the day that a demo plays on; null in production")
    waiting: list[FieldErrorShape] = Field(
        description="published parts that cannot be used; the previous version stays in use"
    )


class LiveShape(BaseModel):
    """The process is alive."""

    live: bool


@health_router.get("/live", summary="Check that the process is alive", responses=refusals())
async def get_live() -> LiveShape:
    """Answer while the process is alive."""
    return LiveShape(live=True)


@health_router.get(
    "/ready", summary="Check that decisions can be made", responses=refusals(NOT_READY)
)
async def get_ready(service: ServiceInUse, ledger: LedgerInUse) -> ReadyShape:
    """Answer 200 with the resources in use, or 503 with each missing part and its remedy."""
    if service.draining:
        raise ProblemError(NOT_READY, [_DRAINING])
    await asyncio.to_thread(service.refresh)
    if missing := (*service.missing(), *await _away(ledger)):
        raise ProblemError(NOT_READY, [_without_folders(each) for each in missing])
    manifest, age = service.resources().edition.manifest, service.edition_age()
    return ReadyShape(
        ready=True,
        as_of=manifest.day,
        policy_digest=manifest.policy_digest,
        card_digest=manifest.card_digest,
        members=manifest.counts["members"],
        edition_age_days=age.days,
        edition_use=age.freshness,
        demo_day=manifest.plays_on,
        waiting=[
            FieldErrorShape(field=e.field, expected=e.expected.en, expected_zh=e.expected.zh)
            for e in map(_without_folders, service.waiting)
        ],
    )


@health_router.get(
    "/metrics",
    summary="Export metrics to Prometheus on this machine",
    responses={200: {"content": {"text/plain": {}}}, **refusals(NOT_FOUND)},
    response_class=Response,
)
async def get_metrics(request: Request) -> Response:
    """Answer a scraper on this machine in Prometheus' text format; refuse every other client."""
    peer = request.client.host if request.client else ""
    # A proxy on this machine forwards requests of other machines, and marks them with a header. So
    # such a header refuses access; no header can grant it.
    if not _is_loopback(peer) or any(name in request.headers for name in _FORWARDED):
        raise ProblemError(NOT_FOUND)
    return Response(render_metrics(), headers={"content-type": CONTENT_TYPE})


async def _away(ledger: Ledger) -> tuple[FieldError, ...]:
    why = await ledger.find_fault()
    return (FieldError("ledger", Text(_LEDGER_ZH, f"{why}; {_LEDGER_EN}")),) if why else ()


def _without_folders(error: FieldError) -> FieldError:
    zh, en = (_FOLDERS.sub("", text) for text in (error.expected.zh, error.expected.en))
    return FieldError(error.field, Text(zh, en))


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


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


@about_router.get("/v1/policy", summary="Show the policy in force", responses=refusals(NOT_READY))
async def get_policy(resources: ResourcesInUse) -> PolicyShape:
    """Return the policy in force on the edition's date."""
    policy = resources.policy
    return PolicyShape(on=policy.on, policy_digest=policy.digest, in_force=dict(policy.in_force))


@about_router.get("/v1/scorecard", summary="Show the scorecard", responses=refusals(NOT_READY))
async def get_scorecard(resources: ResourcesInUse) -> ScorecardShape:
    """Return the signed card in use."""
    card = resources.card
    return ScorecardShape(
        card_digest=card.digest,
        approved_by=card.approved_by,
        approved_at=card.approved_at,
        card=json.loads(card_to_json(card.card)),
    )


@about_router.get(
    "/problems/{name}", summary="Explain a kind of problem", responses=refusals(NOT_FOUND)
)
async def get_problem(name: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]) -> dict[str, Any]:
    """Return the meaning of a problem's `type` and what the caller can do."""
    if name not in KINDS:
        raise ProblemError(NOT_FOUND)
    return problem_body(KINDS[name])


@about_router.get("/", summary="List the main addresses", responses=refusals())
async def get_root() -> dict[str, str]:
    """Return the name of the service and its main addresses."""
    return {
        "service": "融资E 信贷决策服务 / Rongzi E decision service",
        "openapi": "/openapi.json",
        "decisions": "/v1/decisions",
        "ready": "/ready",
    }
