"""What the routes of a case give: its state, its history, its explanation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.cases.state import Status
from api.decisions.schemas import DecisionShape, Tier


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
