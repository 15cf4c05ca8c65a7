"""``GET /v1/webhooks``: the endpoints and their progress."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access.dependencies import LedgerInUse, ServiceInUse
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY
from api.webhooks.endpoints import Endpoints, Progress

router = APIRouter(prefix="/v1", tags=["events"])

_MAX_BEHIND = 1_000


class WebhookShape(BaseModel):
    """One endpoint."""

    name: str
    host: str
    state: Literal["OK", "RETRYING", "DEAD"]
    sent_seq: int | None = Field(description="last entry it accepted; null before the first")
    behind: int = Field(description=f"entries not sent to it yet, counted up to {_MAX_BEHIND}")
    failures: int = Field(description="failures in a row")
    last_failure: str | None


@router.get("/webhooks", summary="List webhook endpoints", responses=refusals(LEDGER_AWAY))
def get_webhooks(service: ServiceInUse, ledger: LedgerInUse) -> list[WebhookShape]:
    """Return every endpoint with its progress and state."""
    endpoints = Endpoints(service.settings.home)
    with ledger.read() as view:
        shown = []
        for name, endpoint in sorted(endpoints.all().items()):
            progress = endpoints.progress(name)
            seq = view.last_seq if progress.seq is None else progress.seq
            shown.append(
                WebhookShape(
                    name=name,
                    host=urlsplit(endpoint.url).hostname or "",
                    state=_state(progress),
                    sent_seq=progress.seq,
                    behind=len(view.outlines(seq, _MAX_BEHIND)),
                    failures=progress.failures,
                    last_failure=progress.last_failure,
                )
            )
    return shown


def _state(progress: Progress) -> Literal["OK", "RETRYING", "DEAD"]:
    if progress.is_dead:
        return "DEAD"
    return "RETRYING" if progress.failures else "OK"
