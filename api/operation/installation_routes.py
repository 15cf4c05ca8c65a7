"""Route of the examination: what is unsafe or stale in the installation, as ``rongzi doctor``."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access.dependencies import ServiceInUse
from api.http.openapi import refusals
from api.operation.check import Level
from api.operation.doctor import examine
from api.operation.schemas import BothShape

router = APIRouter(prefix="/v1/examination", tags=["operation"])


class CheckShape(BaseModel):
    """One thing that was examined."""

    code: str = Field(description="stable, such as STALE_EDITION")
    level: Level
    text: BothShape = Field(description="what was found and, unless all is well, what to do")


class ExaminationShape(BaseModel):
    """What was examined, as the account that serves."""

    examined_at: datetime
    checks: list[CheckShape]


@router.get("", summary="Examine the installation", responses=refusals())
def get_examination(service: ServiceInUse) -> ExaminationShape:
    """Examine account, file modes, keys, outside file, proxy, policy, edition, ledger and clock.

    It reads only. The texts name folders of the machine, for whoever runs it.
    """
    now = datetime.now(UTC)
    found = examine(service.settings, now, os.geteuid())
    checks = [
        CheckShape(code=each.code, level=each.level, text=BothShape.of(each.text)) for each in found
    ]
    return ExaminationShape(examined_at=now, checks=checks)
