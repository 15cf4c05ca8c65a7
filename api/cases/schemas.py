"""What the routes after a decision take and give.

What explanation, portfolio and the report of overrides give.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.cases.state import Status
from api.consent.commands import Evidence
from api.decisions.schemas import DecisionShape, Tier
from api.http.fields import EXPECTED, MOST_AMOUNT_YUAN
from api.reviews.commands import Verdict


class CountedShape(BaseModel):
    """One attribute that counted."""

    attribute: str
    points: int = Field(description="against a member with average records; negative: fewer")
    text: str


class ChangeShape(BaseModel):
    """One change: into the range from `at_least` to below `below`."""

    attribute: str
    at_least: float | None = Field(description="null: as little as there can be")
    below: float | None = Field(description="null: as much as is plausible")


class ProposalShape(BaseModel):
    """Changes that together lift the tier; none can be left out."""

    tier: Tier
    points: int
    changes: list[ChangeShape]
    text: str


class ExplanationShape(BaseModel):
    """A decision explained to the member, in one language."""

    decision_id: str
    lang: Literal["zh", "en"]
    outcome: Literal["APPROVE", "REFER", "DECLINE"]
    answer: str
    standing: str | None
    counted: list[CountedShape]
    missing: list[str]
    rules: list[str]
    proposals: list[ProposalShape]
    no_proposal: str | None = Field(description="why nothing is proposed")
    rights: str


class SumsShape(BaseModel):
    """What happened in a place; overturned approvals and cancelled payments are taken off."""

    decisions: int
    approved: int
    approved_yuan: int
    disbursements: int
    disbursed_yuan: int


class PortfolioRow(BaseModel):
    """One place: members by tier in the edition in use, then what the ledger holds."""

    place_code: str
    county: str | None
    township: str | None
    village: str | None
    members: int
    first: int
    second: int
    third: int
    none: int
    this_year: SumsShape
    in_total: SumsShape


class PortfolioShape(BaseModel):
    """The portfolio of every place of one level."""

    as_of: date = Field(description="of the edition whose members are counted")
    year: int
    level: str
    rows: list[PortfolioRow]


class OverrideCount(BaseModel):
    """How often somebody overruled the service in a place for a reason."""

    officer: str
    place_code: str
    reason_code: str
    direction: Literal["APPROVE", "DECLINE"] = Field(description="what it was overruled to")
    via: Literal["override", "review"]
    count: int
    amount_yuan: int


class OverridesShape(BaseModel):
    """Overrides by officer, place and reason."""

    total: int
    rows: list[OverrideCount]


#: Digits, however spaced, that an id, phone or card number would make.
_NUMBER = re.compile(r"(?:[0-9０-９][ -]?){7}")


def _without_numbers(text: str) -> str:
    if _NUMBER.search(text):
        raise ValueError("holds a long number")
    return text


#: What the ledger keeps for good holds nobody's number.
_NUMBERLESS = AfterValidator(_without_numbers)
_Statement = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), _NUMBERLESS
]
_Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=1_000), _NUMBERLESS
]

_strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Amount = Annotated[int, Field(ge=1, le=MOST_AMOUNT_YUAN, description=EXPECTED["amount_yuan"].en)]


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(**_strict, json_schema_extra={"examples": [fields]})


class DisbursementRequest(BaseModel):
    """A payment on an approved decision."""

    model_config = _example(amount_yuan=5000)

    amount_yuan: Amount


class ReviewRequest(BaseModel):
    """A member asks that a person look at a decline."""

    model_config = _example(statement="去年遭受雹灾，今年已恢复生产")

    statement: Annotated[_Statement | None, Field(description=EXPECTED["statement"].en)] = None


class RulingRequest(BaseModel):
    """What a person decides, and why."""

    model_config = _example(
        verdict="APPROVE",
        amount_yuan=20000,
        reason_code="INCOME_VERIFIED",
        note="已到大棚实地查看，收入与流水相符",
    )

    verdict: Annotated[Verdict, Field(description=EXPECTED["verdict"].en)]
    amount_yuan: Amount | None = Field(default=None, description="with an approval only")
    reason_code: Annotated[
        str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$", description=EXPECTED["reason_code"].en)
    ]
    note: Annotated[_Note, Field(description=EXPECTED["note"].en)]


class ConsentRequest(BaseModel):
    """How the member's word was taken."""

    model_config = _example(evidence="paper")

    evidence: Annotated[Evidence, Field(description=EXPECTED["evidence"].en)]


class DisbursementShape(BaseModel):
    """One payment."""

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool


class StateShape(BaseModel):
    """Where a decision stands."""

    decision_id: str
    status: Status
    outcome: Literal["APPROVE", "REFER", "DECLINE"] = Field(description="the service's own answer")
    asked_yuan: int
    approved_yuan: int
    approved_by: list[str] = Field(description="people's accounts; empty: the service approved")
    drawn_yuan: int
    left_yuan: int = Field(description="what this decision still allows; 0 if nothing can be drawn")
    valid_until: date = Field(description="last day, in China")
    claimed_by: str | None
    claimed_until: datetime | None
    first_approval_yuan: int | None = Field(description="what the first of two reviewers approved")
    disbursements: list[DisbursementShape]


class EventShape(BaseModel):
    """One entry of the ledger on a decision."""

    seq: int
    kind: str
    recorded_at: datetime
    recorded_by: str
    amount_yuan: int | None
    outcome: str | None
    reason_code: str | None
    note: str | None


class DecisionWithHistory(StateShape):
    """Where a decision stands, the answer as it was given, and all that happened since."""

    answer: DecisionShape
    history: list[EventShape]


class CaseShape(StateShape):
    """A case in the review queue."""

    place_code: str
    waiting_since: datetime
    asked_for_by_member: bool


class ReviewsPage(BaseModel):
    """One page of the queue, longest wait first."""

    rows: list[CaseShape]
    next_cursor: str | None


class ConsentEvent(BaseModel):
    """Consent given or withdrawn."""

    is_given: bool
    recorded_at: datetime
    recorded_by: str
    evidence: Evidence | None


class ConsentShape(BaseModel):
    """A member's consent: now, by whose word, and its history in the ledger."""

    in_force: bool
    by: Literal["ledger", "archive"] = Field(description="whose word it is")
    since: date | None = Field(description="day of that word, in China; null: nobody ever said one")
    history: list[ConsentEvent]


class ConsentSet(BaseModel):
    """How consent stands after a change."""

    in_force: bool
    recorded_at: datetime


class LookShape(BaseModel):
    """One look at the person's data."""

    at: datetime
    by: str
    route: str


class ExportShape(BaseModel):
    """All that is held about a person."""

    member_id: str
    exported_at: datetime
    archive: dict[str, Any] | None = Field(
        description="as GET /v1/members/{member_id} answers; null: not in the edition in use"
    )
    identity: dict[str, Any] | None = Field(
        description="what the ledger keeps apart; null: nothing"
    )
    consent: dict[str, Any]
    entries: list[dict[str, Any]] = Field(description="every ledger entry about the person")
    looks: list[LookShape] = Field(description="who looked at the person's data, oldest first")


class ErasedShape(BaseModel):
    """What erasure did."""

    erased_at: datetime
    entries_kept: int = Field(description="entries that stay and name nobody")
    archive_consents: bool = Field(
        description="the archive still holds consent, and a withdrawal at the counter is forgotten"
        " now: have it withdrawn there, or the next edition scores the person again"
    )
