"""A member's consent: how it stands, giving it, withdrawing it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access.dependencies import (
    WRITE_BODY,
    Caller,
    IdempotencyKey,
    LedgerInUse,
    MemberId,
    ResourcesInUse,
    idempotency,
)
from api.access.strict_route import StrictRoute
from api.consent.commands import SetConsent, consents
from api.consent.consent import CONSENT, ledger_word, word_in_force
from api.consent.schemas import ConsentRequest, ConsentSet, ConsentShape
from api.http.ledger import to_response
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import ProblemError

router = APIRouter(prefix="/v1/members/{member_id}", route_class=StrictRoute, tags=["persons"])


@router.get(
    "/consents",
    summary="Show a member's consent and its history",
    responses=refusals(UNKNOWN_MEMBER, NOT_READY, LEDGER_AWAY),
)
def get_consents(
    member_id: MemberId, resources: ResourcesInUse, ledger: LedgerInUse
) -> ConsentShape:
    """Return whether consent is in force, since when, by which book, and its history in the ledger.

    The later day's word holds, be it the archive's or the ledger's; of one day the withdrawal.
    """
    profile = resources.edition.profile(member_id)
    with ledger.read() as view:
        subject = view.identities.known([member_id]).get(member_id)
        past = view.entries_of_subject(subject, CONSENT) if subject else []
    if profile is None and subject is None:
        raise ProblemError(UNKNOWN_MEMBER)
    word = word_in_force(past, profile, resources.edition)
    return ConsentShape.model_validate(
        {
            "in_force": word is not None and word.is_given,
            "by": "ledger" if past and word == ledger_word(past) else "archive",
            "since": word and word.on,
            "history": consents(past),
        }
    )


@router.post(
    "/consents",
    status_code=201,
    response_model=ConsentSet,
    summary="Record that a member gave consent",
    responses=refusals(UNKNOWN_MEMBER, CONSENT_UNCHANGED, *WRITE_BODY),
)
async def post_consent(
    member_id: MemberId,
    ask: ConsentRequest,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Effective with the next decision."""
    scope = idempotency(asker, "post_consent", key, member_id=member_id, **ask.model_dump())
    command = SetConsent(scope, asker.subject, member_id, True, ask.evidence, resources)
    return to_response(await ledger.write(command))


@router.post(
    "/consents/withdrawal",
    status_code=201,
    response_model=ConsentSet,
    summary="Record that a member withdrew consent",
    responses=refusals(UNKNOWN_MEMBER, CONSENT_UNCHANGED, *WRITE_BODY),
)
async def post_consent_withdrawal(
    member_id: MemberId,
    ask: ConsentRequest,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Effective at once: no decision but a decline, and no payment, until it is given again."""
    scope = idempotency(
        asker, "post_consent_withdrawal", key, member_id=member_id, **ask.model_dump()
    )
    command = SetConsent(scope, asker.subject, member_id, False, ask.evidence, resources)
    return to_response(await ledger.write(command))
