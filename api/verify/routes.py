"""Routes of the ledger's verification: start one, and read the report of the last."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.access.dependencies import Caller
from api.access.threads import on_thread
from api.core.log import log
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError
from api.verify.run import MOST_SECONDS
from api.verify.verifications import State, Verifications
from model.errors import LedgerError

router = APIRouter(prefix="/v1/ledger/verification", tags=["audit"])

#: Findings that an answer holds; where there are more, the ledger is lost anyway.
_MOST_FINDINGS = 200


class FindingShape(BaseModel):
    """One thing that is wrong."""

    kind: str = Field(description="a stable name of the kind of defect")
    seq: int | None = Field(description="the entry concerned, or the first of several")
    what: str = Field(description="what is wrong, and what to do")


class ReportShape(BaseModel):
    """What was verified, and what was found."""

    is_sound: bool
    entries: int
    checkpoints: int = Field(description="seals in the ledger")
    outside_lines: int = Field(description="lines of the checkpoint file")
    answers: int
    identities: int
    looks: int = Field(description="access records")
    accounts: int
    head: str = Field(description="digest of the last entry")
    findings_found: int
    findings: list[FindingShape] = Field(description=f"the first {_MOST_FINDINGS}")
    notices: list[str] = Field(description="what an auditor should know, though nothing is wrong")


class VerificationShape(BaseModel):
    """How the last verification stands."""

    state: State = Field(
        description="NONE: there was none; STOPPED: it ended without a report, since the service"
        f" stopped or {MOST_SECONDS} seconds had passed; FAILED: it could not be made"
    )
    begun_at: datetime | None = None
    begun_by: str | None = None
    ended_at: datetime | None = None
    seconds: float | None = Field(None, description="how long it took")
    failure: str | None = Field(None, description="why it could not be made")
    report: ReportShape | None = None


def _verifications(request: Request) -> Verifications:
    found: Verifications = request.app.state.verifications
    return found


InUse = Annotated[Verifications, Depends(_verifications)]


@router.post("", status_code=202, summary="Verify the ledger", responses=refusals(LEDGER_AWAY))
async def post_ledger_verification(caller: Caller, verifications: InUse) -> VerificationShape:
    """Begin to verify the whole ledger and every edition, in a process of its own.

    One runs at a time: who asks meanwhile gets the one that runs. It ends within ten minutes; a
    ledger that takes longer is verified by `rongzi verify-ledger`.
    """
    try:
        began = await verifications.start(caller.subject)
    except (OSError, LedgerError) as error:
        log.warning("verification not begun", why=type(error).__qualname__)
        raise ProblemError(LEDGER_AWAY) from error
    if began:
        log.info("verification begun", subject=caller.subject)
    return await _last(verifications)


@router.get("", summary="Show the last verification", responses=refusals(LEDGER_AWAY))
async def get_ledger_verification(verifications: InUse) -> VerificationShape:
    """Return how the last verification stands, with its report.

    The service verifies itself here. An independent proof is `rongzi verify-ledger` on a copy, on
    a machine of the auditor's, against checkpoints that the auditor kept.
    """
    return await _last(verifications)


async def _last(verifications: Verifications) -> VerificationShape:
    found = await on_thread(verifications.last)
    if report := found.get("report"):
        findings = report["findings"]
        report |= {"findings_found": len(findings), "findings": findings[:_MOST_FINDINGS]}
    return VerificationShape.model_validate(found)
