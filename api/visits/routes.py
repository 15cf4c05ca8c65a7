"""Routes of visits to a member: list them, record one, withdraw one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.access.dependencies import (
    UUID,
    WRITE_BODY,
    LedgerInUse,
    MemberId,
    ResourcesInUse,
    WriteRequest,
)
from api.access.objects import entries_of_member
from api.access.strict_route import StrictRoute
from api.consent.consent import CONSENT, is_consent_in_force
from api.core.calendar import date_in_china
from api.http.fields import EXPECTED
from api.http.lending_problems import (
    ALREADY_WITHDRAWN,
    CONSENT_NOT_IN_FORCE,
    DUTIES_APART,
    UNKNOWN_VISIT,
    VISITS_NOT_COUNTED,
)
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY, UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.ledger.sealed_bodies import found_by
from api.visits.commands import RecordVisit
from api.visits.schemas import (
    VisitRecorded,
    VisitRequest,
    VisitShape,
    VisitWithdrawn,
    WithdrawalRequest,
)
from api.visits.visits import VISITED, Record, in_force, records_of, withdrawals
from api.visits.withdrawal import WithdrawVisit

router = APIRouter(prefix="/v1/members/{member_id}", route_class=StrictRoute, tags=["persons"])

VisitId = Annotated[str, Path(pattern=UUID, description=EXPECTED["visit_id"].en)]


@router.get(
    "/visits",
    summary="List the visits to a member and what they confirmed",
    responses=refusals(UNKNOWN_MEMBER, CONSENT_NOT_IN_FORCE, NOT_READY, LEDGER_AWAY),
)
def get_visits(
    member_id: MemberId, resources: ResourcesInUse, ledger: LedgerInUse
) -> list[VisitShape]:
    """Return every visit, latest first. Without consent nothing of the member is shown."""
    profile = resources.edition.profile(member_id)
    with ledger.read() as view:
        subject, entries = entries_of_member(view, member_id, (*CONSENT, *VISITED))
        if profile is None and subject is None:
            raise ProblemError(UNKNOWN_MEMBER)
        terms = resources.policy.consent_terms
        if not is_consent_in_force(entries, profile, resources.edition, terms):
            raise ProblemError(CONSENT_NOT_IN_FORCE)
        counting = {each.entry_id for each in in_force(entries, date_in_china(view.now))}
        gone, shapes = withdrawals(entries), list[VisitShape]()
        for record in reversed(records_of(view, entries)):
            visit_id = record.entry.entry_id
            withdrawal = _withdrawal(view, gone[visit_id]) if visit_id in gone else None
            shapes.append(_shape(record, visit_id in counting, withdrawal))
        return shapes


@router.post(
    "/visits",
    status_code=201,
    response_model=VisitRecorded,
    summary="Record what a visit confirmed",
    responses=refusals(
        UNKNOWN_MEMBER, CONSENT_NOT_IN_FORCE, VISITS_NOT_COUNTED, DUTIES_APART, *WRITE_BODY
    ),
)
async def post_visit(
    member_id: MemberId, body: VisitRequest, write: WriteRequest, resources: ResourcesInUse
) -> Response:
    """Record incomes, yields or residence that an officer confirmed on the spot.

    They count from the next decision on, for the policy's `visit_valid_days` from the visit, and
    enter the archive with the next import.
    """
    scope = write.scope(member_id=member_id, **body.model_dump(mode="json"))
    return await write.send(RecordVisit(scope, write.actor, member_id, body.found(), resources))


@router.post(
    "/visits/{visit_id}/withdrawal",
    status_code=201,
    response_model=VisitWithdrawn,
    summary="Withdraw a visit that was recorded by mistake",
    responses=refusals(UNKNOWN_MEMBER, UNKNOWN_VISIT, ALREADY_WITHDRAWN, DUTIES_APART, *WRITE_BODY),
)
async def post_visit_withdrawal(
    member_id: MemberId,
    visit_id: VisitId,
    body: WithdrawalRequest,
    write: WriteRequest,
    resources: ResourcesInUse,
) -> Response:
    """Withdraw a visit: from the next decision on it counts no more. Its entry stays.

    The archive takes it out with the next import. Decisions made by it stay as they are; a payment
    on one looks at the member anew.
    """
    scope = write.scope(member_id=member_id, visit_id=visit_id, **body.model_dump())
    command = WithdrawVisit(
        scope, write.actor, member_id, visit_id, body.reason, body.note, resources
    )
    return await write.send(command)


def _withdrawal(view: View, entry: Entry) -> dict[str, Any]:
    sealed = found_by(view, entry) or {}
    return {
        "withdrawn_at": entry.recorded_at,
        "withdrawn_by": entry.actor,
        "reason": entry.body["reason"],
        "note": sealed.get("note", ""),
    }


def _shape(record: Record, counts: bool, withdrawal: dict[str, Any] | None) -> VisitShape:
    visit = record.visit
    return VisitShape.model_validate(
        {
            **{name: getattr(visit, name) for name in ("visit_id", "visited_on", "until")},
            "counts": counts,
            "recorded_at": record.entry.recorded_at,
            "recorded_by": record.entry.actor,
            "proof": record.proof,
            "note": record.note,
            "incomes": visit.incomes,
            "harvests": {crop: vars(each) for crop, each in visit.harvests.items()},
            "resident_since": visit.resident_since,
            "withdrawal": withdrawal,
        }
    )
