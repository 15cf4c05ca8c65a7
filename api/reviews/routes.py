"""Routes of review: request, queue, claim, verdict, override, and the report of overrides."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.access_control import AccessControl, access_control_of
from api.access.audit import note_rows_shown
from api.access.dependencies import (
    WRITE,
    WRITE_BODY,
    Caller,
    DecisionId,
    LedgerInUse,
    PageSize,
    ResourcesInUse,
    SmallestCell,
    Within,
    WriteRequest,
    within,
)
from api.access.strict_route import StrictRoute
from api.cases.schemas import StateShape
from api.http.fields import EXPECTED, NUMBER
from api.http.lending_problems import (
    ALREADY_REVIEWED,
    CASE_FULL,
    CLAIMED_BY_ANOTHER,
    CLAIMS_USED_UP,
    DECISION_EXPIRED,
    DUTIES_APART,
    FOUR_EYES_NEEDED,
    NOT_CLAIMED,
    NOT_DECLINED,
    NOT_OPEN,
    NOT_OVERRIDABLE,
    OWN_CASE,
    PERSON_ERASED,
    UNFIT_REVIEWER,
)
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION
from api.portfolio.tally import TallyInUse
from api.reviews.assignment import AssignReview, ReleaseReview
from api.reviews.commands import ClaimReview, GiveVerdict, Override, RequestReview, Ruling
from api.reviews.queue import overrides, queue_page
from api.reviews.schemas import (
    AssignmentRequest,
    OverridesShape,
    ReviewRequest,
    ReviewsPage,
    RulingRequest,
)

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["reviews"])

_CASE = (UNKNOWN_DECISION, DECISION_EXPIRED, PERSON_ERASED)


@router.post(
    "/decisions/{decision_id}/review-requests",
    status_code=201,
    response_model=StateShape,
    summary="Request a review of a decline by a person",
    responses=refusals(*_CASE, NOT_DECLINED, ALREADY_REVIEWED, *WRITE_BODY),
)
async def post_review_request(
    decision_id: DecisionId, body: ReviewRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Add a declined case to the review queue. Every member has the right to a review."""
    scope = write.scope(decision_id=decision_id, **body.model_dump())
    directory = resources.directory
    asked = RequestReview(scope, write.actor, decision_id, body.statement, directory)
    return await write.send(asked)


@router.get("/reviews", summary="List the review queue", responses=refusals(LEDGER_AWAY))
def list_reviews(
    request: Request,
    caller: Caller,
    ledger: LedgerInUse,
    tally: TallyInUse,
    place: Within,
    cursor: Annotated[str | None, Query(pattern=NUMBER, description=EXPECTED["cursor"].en)] = None,
    page_size: PageSize = 50,
) -> ReviewsPage:
    """Return the open cases of the caller's places, longest wait first."""
    with ledger.read() as view:
        rows, last_seq = queue_page(tally, view, within(caller, place), int(cursor or 0), page_size)
    note_rows_shown(request, place.narrowest, len(rows))
    next_cursor = None if last_seq is None else str(last_seq)
    return ReviewsPage.model_validate({"rows": rows, "next_cursor": next_cursor})


@router.post(
    "/reviews/{decision_id}/claim",
    status_code=201,
    response_model=StateShape,
    summary="Claim a case",
    responses=refusals(
        *_CASE, NOT_OPEN, OWN_CASE, CLAIMED_BY_ANOTHER, CLAIMS_USED_UP, CASE_FULL, *WRITE
    ),
)
async def post_review_claim(
    decision_id: DecisionId, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Reserve a case for the policy's `review_claim_hours`.

    A second claim restarts the period; after `claims_in_a_row` the head of reviewers assigns it.
    """
    scope = write.scope(decision_id=decision_id)
    return await write.send(ClaimReview(scope, write.actor, decision_id, resources.policy))


@router.post(
    "/reviews/{decision_id}/release",
    status_code=201,
    response_model=StateShape,
    summary="End your claim on a case",
    responses=refusals(*_CASE, NOT_CLAIMED, *WRITE),
)
async def post_review_release(decision_id: DecisionId, write: WriteRequest) -> Response:
    """End the claim, so that another reviewer can take the case at once."""
    scope = write.scope(decision_id=decision_id)
    return await write.send(ReleaseReview(scope, write.actor, decision_id))


@router.post(
    "/reviews/{decision_id}/assignment",
    status_code=201,
    response_model=StateShape,
    summary="Assign a case to a reviewer, or end the claim on it",
    responses=refusals(*_CASE, NOT_OPEN, OWN_CASE, UNFIT_REVIEWER, *WRITE_BODY),
)
async def post_review_assignment(
    decision_id: DecisionId,
    body: AssignmentRequest,
    write: WriteRequest,
    resources: ResourcesInUse,
    access: Annotated[AccessControl, Depends(access_control_of)],
) -> Response:
    """Take a case from whoever has claimed it; the assignment lasts as long as a claim."""
    scope = write.scope(decision_id=decision_id, **body.model_dump())
    has_accounts = access.sign_in is not None
    command = AssignReview(
        scope, write.actor, decision_id, body.reviewer, resources.policy, has_accounts
    )
    return await write.send(command)


@router.post(
    "/reviews/{decision_id}/verdict",
    status_code=201,
    response_model=StateShape,
    summary="Decide a claimed case",
    responses=refusals(*_CASE, NOT_OPEN, OWN_CASE, NOT_CLAIMED, DUTIES_APART, *WRITE_BODY),
)
async def post_review_verdict(
    decision_id: DecisionId, body: RulingRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Approve or decline a case with a reason code and a note.

    An approval above `four_eyes_above_yuan` needs a second reviewer. The lower of the two amounts
    is then approved.
    """
    scope = write.scope(decision_id=decision_id, **body.model_dump())
    ruling = Ruling(**body.model_dump())
    command = GiveVerdict(scope, write.actor, decision_id, ruling, resources)
    return await write.send(command)


@router.post(
    "/decisions/{decision_id}/override",
    status_code=201,
    response_model=StateShape,
    summary="Override a decision",
    responses=refusals(
        *_CASE, OWN_CASE, NOT_OVERRIDABLE, FOUR_EYES_NEEDED, DUTIES_APART, CASE_FULL, *WRITE_BODY
    ),
)
async def post_override(
    decision_id: DecisionId, body: RulingRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Revoke an approval, or approve a declined case up to `four_eyes_above_yuan`."""
    scope = write.scope(decision_id=decision_id, **body.model_dump())
    ruling = Ruling(**body.model_dump())
    command = Override(scope, write.actor, decision_id, ruling, resources)
    return await write.send(command)


@router.get("/overrides", summary="Report overrides", responses=refusals(LEDGER_AWAY))
def get_overrides(caller: Caller, ledger: LedgerInUse, smallest: SmallestCell) -> OverridesShape:
    """Count overrides, and reviews that reversed a decline, by officer, place and reason.

    A caller who may not see the persons gets them by county, and null for few persons.
    """
    with ledger.read() as view:
        rows = overrides(view, caller.reaches, smallest)
    counts = [row["count"] for row in rows]
    total = None if None in counts else sum(counts)
    return OverridesShape.model_validate({"total": total, "rows": rows})
