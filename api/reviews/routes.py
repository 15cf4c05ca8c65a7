"""People decide: the review queue, claims, verdicts, overrides, and their report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access.audit import note_rows_shown
from api.access.dependencies import (
    WRITE,
    WRITE_BODY,
    Caller,
    DecisionId,
    IdempotencyKey,
    LedgerInUse,
    PageSize,
    ResourcesInUse,
    Within,
    idempotency,
    within,
)
from api.access.strict_route import StrictRoute
from api.cases.schemas import StateShape
from api.http.fields import EXPECTED
from api.http.ledger import to_response
from api.http.lending_problems import (
    ALREADY_REVIEWED,
    CLAIMED_BY_ANOTHER,
    DECISION_EXPIRED,
    FOUR_EYES_NEEDED,
    NOT_CLAIMED,
    NOT_DECLINED,
    NOT_OPEN,
    NOT_OVERRIDABLE,
    OWN_CASE,
    PERSON_ERASED,
)
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION
from api.portfolio.tally import TallyInUse
from api.reviews.commands import ClaimReview, GiveVerdict, Override, RequestReview, Ruling
from api.reviews.queue import overrides, queue_page
from api.reviews.schemas import OverridesShape, ReviewRequest, ReviewsPage, RulingRequest

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["reviews"])

_CASE = (UNKNOWN_DECISION, DECISION_EXPIRED, PERSON_ERASED)


@router.post(
    "/decisions/{decision_id}/review-requests",
    status_code=201,
    response_model=StateShape,
    summary="Ask that a person look at a decline",
    responses=refusals(*_CASE, NOT_DECLINED, ALREADY_REVIEWED, *WRITE_BODY),
)
async def post_review_request(
    decision_id: DecisionId,
    ask: ReviewRequest,
    asker: Caller,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Put a decline into the review queue: every member has the right to it."""
    scope = idempotency(
        asker, "post_review_request", key, decision_id=decision_id, **ask.model_dump()
    )
    return to_response(
        await ledger.write(RequestReview(scope, asker.subject, decision_id, ask.statement))
    )


@router.get("/reviews", summary="List the review queue", responses=refusals(LEDGER_AWAY))
def list_reviews(
    request: Request,
    asker: Caller,
    ledger: LedgerInUse,
    tally: TallyInUse,
    place: Within,
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,18}$", description=EXPECTED["cursor"].en)
    ] = None,
    page_size: PageSize = 50,
) -> ReviewsPage:
    """Return open cases of the caller's places, longest wait first."""
    reached = within(asker, place)
    with ledger.read() as view:
        rows, following = queue_page(tally, view, reached, int(cursor or 0), page_size)
    note_rows_shown(request, place.narrowest, len(rows))
    cursor = None if following is None else str(following)
    return ReviewsPage.model_validate({"rows": rows, "next_cursor": cursor})


@router.post(
    "/reviews/{decision_id}/claim",
    status_code=201,
    response_model=StateShape,
    summary="Take a case",
    responses=refusals(*_CASE, NOT_OPEN, OWN_CASE, CLAIMED_BY_ANOTHER, *WRITE),
)
async def post_review_claim(
    decision_id: DecisionId,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Hold a case for the policy's `review_claim_hours`; claiming again begins them anew."""
    scope = idempotency(asker, "post_review_claim", key, decision_id=decision_id)
    command = ClaimReview(scope, asker.subject, decision_id, resources.policy)
    return to_response(await ledger.write(command))


@router.post(
    "/reviews/{decision_id}/verdict",
    status_code=201,
    response_model=StateShape,
    summary="Decide a claimed case",
    responses=refusals(*_CASE, NOT_OPEN, OWN_CASE, NOT_CLAIMED, *WRITE_BODY),
)
async def post_review_verdict(
    decision_id: DecisionId,
    ask: RulingRequest,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Approve or decline with reason code and note.

    Above `four_eyes_above_yuan` the case then waits for a second reviewer, and the lower of the two
    amounts is approved.
    """
    scope = idempotency(
        asker, "post_review_verdict", key, decision_id=decision_id, **ask.model_dump()
    )
    command = GiveVerdict(scope, asker.subject, decision_id, _ruling(ask), resources.policy)
    return to_response(await ledger.write(command))


@router.post(
    "/decisions/{decision_id}/override",
    status_code=201,
    response_model=StateShape,
    summary="Overrule what was decided",
    responses=refusals(*_CASE, OWN_CASE, NOT_OVERRIDABLE, FOUR_EYES_NEEDED, *WRITE_BODY),
)
async def post_override(
    decision_id: DecisionId,
    ask: RulingRequest,
    asker: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    key: IdempotencyKey,
) -> Response:
    """Stop an approval, or approve a decline up to `four_eyes_above_yuan`."""
    scope = idempotency(asker, "post_override", key, decision_id=decision_id, **ask.model_dump())
    command = Override(scope, asker.subject, decision_id, _ruling(ask), resources.policy)
    return to_response(await ledger.write(command))


@router.get(
    "/overrides", summary="Report how often people overruled", responses=refusals(LEDGER_AWAY)
)
def get_overrides(asker: Caller, ledger: LedgerInUse) -> OverridesShape:
    """Count overrides, and reviews that overturned a decline, by officer, place and reason."""
    with ledger.read() as view:
        rows = overrides(view, asker.reaches)
    return OverridesShape.model_validate({"total": sum(row["count"] for row in rows), "rows": rows})


def _ruling(ask: RulingRequest) -> Ruling:
    return Ruling(ask.verdict, ask.amount_yuan, ask.reason_code, ask.note)
