"""Routes of a member's consent: its state and history, giving it, withdrawing it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access.dependencies import (
    WRITE_BODY,
    LedgerInUse,
    MemberId,
    ResourcesInUse,
    WriteRequest,
)
from api.access.objects import entries_of_member
from api.access.strict_route import StrictRoute
from api.consent.commands import SetConsent, consent_history
from api.consent.consent import CONSENT, consent_in_ledger, current_consent
from api.consent.schemas import ConsentRequest, ConsentSet, ConsentShape
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import ProblemError

router = APIRouter(prefix="/v1/members/{member_id}", route_class=StrictRoute, tags=["persons"])

_REFUSALS = refusals(UNKNOWN_MEMBER, CONSENT_UNCHANGED, *WRITE_BODY)


@router.get(
    "/consents",
    summary="Show a member's consent and its history",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
def get_consents(
    member_id: MemberId, resources: ResourcesInUse, ledger: LedgerInUse
) -> ConsentShape:
    """Return whether consent is in force, since when, by which source, and its ledger history.

    The later record decides, whether from the archive or the ledger; on one day the withdrawal.
    """
    profile = resources.edition.profile(member_id)
    with ledger.read() as view:
        subject, entries = entries_of_member(view, member_id, CONSENT)
    if profile is None and subject is None:
        raise ProblemError(UNKNOWN_MEMBER)
    latest = current_consent(entries, profile, resources.edition)
    return ConsentShape.model_validate(
        {
            "in_force": latest is not None and latest.is_given,
            "by": "ledger" if entries and latest == consent_in_ledger(entries) else "archive",
            "since": latest and latest.on,
            "history": consent_history(entries),
        }
    )


@router.post(
    "/consents",
    status_code=201,
    response_model=ConsentSet,
    summary="Record that a member gave consent",
    responses=_REFUSALS,
)
async def post_consent(
    member_id: MemberId, body: ConsentRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Record consent, which takes effect with the next decision."""
    scope = write.scope(member_id=member_id, **body.model_dump())
    command = SetConsent(scope, write.actor, member_id, True, body.evidence, resources)
    return await write.send(command)


@router.post(
    "/consents/withdrawal",
    status_code=201,
    response_model=ConsentSet,
    summary="Record that a member withdrew consent",
    responses=_REFUSALS,
)
async def post_consent_withdrawal(
    member_id: MemberId, body: ConsentRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Record a withdrawal, which takes effect at once.

    Until consent is given again, every decision is a decline and no payment is made.
    """
    scope = write.scope(member_id=member_id, **body.model_dump())
    command = SetConsent(scope, write.actor, member_id, False, body.evidence, resources)
    return await write.send(command)
