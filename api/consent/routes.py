"""Routes of a member's consent: its state and history, giving it, withdrawing it."""

from __future__ import annotations

from typing import Any

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
from api.consent.consent import BANK, CONSENT, consent_in_ledger, purposes_now
from api.consent.schemas import ConsentRequest, ConsentSet, ConsentShape
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import ProblemError
from model.decision.consent import ConsentChange, consent_to_all
from model.profile.consent_terms import PURPOSES, ConsentTerms

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
    terms = resources.policy.consent_terms
    known = purposes_now(entries, profile, resources.edition, terms)
    in_ledger = consent_in_ledger(entries, terms.recipients)
    latest = consent_to_all(known, terms.purposes)
    told = latest is not None and latest == consent_to_all(in_ledger, terms.purposes)
    return ConsentShape.model_validate(
        {
            "in_force": latest is not None and latest.is_given,
            "by": "ledger" if told else "archive",
            "since": latest and latest.on,
            "purposes": [_purpose_state(each, known.get(each), terms) for each in PURPOSES],
            "history": consent_history(entries),
        }
    )


def _purpose_state(
    purpose: str, change: ConsentChange | None, terms: ConsentTerms
) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "is_needed": purpose in terms.purposes,
        "is_given": change is not None and change.is_given,
        "since": change and change.on,
    }


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
    return await write.send(_command(member_id, body, write, resources, is_given=True))


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
    return await write.send(_command(member_id, body, write, resources, is_given=False))


def _command(
    member_id: str,
    body: ConsentRequest,
    write: WriteRequest,
    resources: ResourcesInUse,
    *,
    is_given: bool,
) -> SetConsent:
    # What is left out is not part of the key's request, as in requests of earlier releases.
    scope = write.scope(member_id=member_id, **body.model_dump(exclude_none=True))
    return SetConsent(
        scope,
        write.actor,
        member_id,
        is_given,
        body.evidence,
        resources,
        tuple(body.purposes or ()),
        body.recipient or BANK,
    )
