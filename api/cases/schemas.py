"""Response bodies of the routes of a case: its state, its history, its explanation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.cases.state import Status
from api.decisions.schemas import DecisionShape, Tier
from model.policy.controls import Duty


class CountedShape(BaseModel):
    """One thing that affected the points."""

    attribute: str = Field(
        description="a pair, or several missing for one cause, are joined by ` × `"
    )
    points: int = Field(description="difference from a member with average records")
    text: str


class RestShape(BaseModel):
    """All that affected the points besides `counted`, summed."""

    count: int
    points: int
    text: str


class ChangeShape(BaseModel):
    """One change of an attribute, within a range from `at_least` to below `below`."""

    attribute: str
    value: float = Field(description="what the deed gives")
    at_least: float | None = Field(description="null: no lower bound")
    below: float | None = Field(description="null: no upper bound within plausible values")


class ProposalShape(BaseModel):
    """What the member can do to lift the tier, and what that changes in the profile."""

    tier: Tier
    points: int
    months: int = Field(description="how long it takes")
    changes: list[ChangeShape]
    text: str


class IncomeShape(BaseModel):
    """A source of income in yuan a year, with what counts of it."""

    source: str
    evidence: str | None
    yearly_yuan: int
    percent: int = Field(description="share that counts, before inputs")
    inputs_yuan: int
    counted_yuan: int = Field(description="0 where another line of the same income counts")
    months: list[int] = Field(description="months in which it comes in; none if all the year")
    text: str


class CostShape(BaseModel):
    """A cost or debt in yuan a year."""

    source: str
    yearly_yuan: int
    text: str


class CapacityShape(BaseModel):
    """The sum from income to repayment capacity, line by line."""

    incomes: list[IncomeShape]
    costs: list[CostShape]
    steps: list[str] = Field(description="how income and costs come to the capacity, in sentences")
    income_yuan: int = Field(description="what counts of a year's income, each income once")
    for_debts_yuan: int = Field(description="what debts may take, after living costs and rent")
    months: int = Field(description="term for which the capacities hold")
    capacity_yuan: int | None = Field(description="null where no income is on record")
    following_yuan: int | None = Field(
        description="capacity once the loans with us that run are repaid; the tier is that of it"
    )


class ExplanationShape(BaseModel):
    """The explanation of a decision for the member, in one language."""

    decision_id: str
    lang: Literal["zh", "en"]
    outcome: Literal["APPROVE", "REFER", "DECLINE"]
    answer: str
    standing: str | None
    counted: list[CountedShape] = Field(max_length=5, description="strongest first")
    rest: RestShape | None = Field(description="null: `counted` is the whole difference")
    missing: list[str]
    rules: list[str]
    alternatives: list[str] = Field(
        description="another term or amount that would be answered better, or fit and be reviewed"
    )
    proposals: list[ProposalShape]
    no_proposal: str | None = Field(description="why there is no proposal")
    rights: str
    visits: list[str] = Field(
        default=[], description="what visits confirmed that this decision counted"
    )
    capacity: CapacityShape | None = Field(
        default=None,
        description="absent without a score, and under a policy of before October 2023",
    )


class ReplayedField(BaseModel):
    """One field of an answer, as it was given and as it comes out again."""

    field: str
    answered: Any
    recomputed: Any
    is_equal: bool


class ReplayShape(BaseModel):
    """A decision made again from the stored profile, policy and card."""

    decision_id: str
    is_equal: bool = Field(description="whether every field comes out as it was answered")
    fields: list[ReplayedField]


class RepaymentShape(BaseModel):
    """One repayment of a payment's principal."""

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool


class DisbursementShape(BaseModel):
    """One payment."""

    number: int
    amount_yuan: int
    on: date
    is_cancelled: bool
    due_on: date | None = Field(
        default=None, description="last day to repay it; null under a policy without lines"
    )
    outstanding_yuan: int | None = Field(
        default=None, description="principal not repaid on record; null as for `due_on`"
    )
    repayments: list[RepaymentShape] = []


class PendingShape(BaseModel):
    """A payment or a cancellation that another person must confirm."""

    proposal_id: str
    amount_yuan: int
    cancels_number: int | None = Field(description="the payment to cancel; null for a payment")
    proposed_by: str
    until: datetime


class StateShape(BaseModel):
    """The state of a decision."""

    decision_id: str
    status: Status
    outcome: Literal["APPROVE", "REFER", "DECLINE"] = Field(description="the service's own answer")
    asked_yuan: int
    approved_yuan: int
    approved_by: list[str] = Field(
        description="accounts of the people who approved; empty if the service approved"
    )
    drawn_yuan: int
    left_yuan: int = Field(
        description="amount that may still be drawn on this decision, less what awaits confirmation"
    )
    valid_until: date = Field(description="last day, in China")
    claimed_by: str | None
    claimed_until: datetime | None
    first_approval_yuan: int | None = Field(
        description="amount that the first of two reviewers approved"
    )
    disbursements: list[DisbursementShape]
    awaiting_confirmation: list[PendingShape] = Field(
        default_factory=list, description="proposals that have not lapsed; absent if there is none"
    )


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


class EarlierRulingShape(BaseModel):
    """A person's ruling on an earlier decision on the member."""

    decision_id: str
    recorded_at: datetime
    recorded_by: str
    kind: str
    outcome: str | None
    amount_yuan: int | None
    reason_code: str | None
    note: str | None


class MemberNamed(BaseModel):
    """The member of a case; both are null after erasure."""

    member_id: str | None
    member_name: str | None = Field(description="masked", examples=["张**"])


class DecisionRow(MemberNamed):
    """One decision of a list."""

    decision_id: str
    decided_at: datetime
    decided_for: str = Field(description="account of the officer who asked")
    place_code: str
    outcome: Literal["APPROVE", "REFER", "DECLINE"] = Field(description="the service's own answer")
    status: Status
    tier: Tier
    points: int | None
    asked_yuan: int
    approved_yuan: int
    drawn_yuan: int
    valid_until: date


#: A count of borrowers in ``GET /v1/portfolio/quality`` whose decisions are asked for.
CountedAs = Literal[
    "borrowers", "running", "current", "overdue_1_29", "overdue_30_59", "overdue_60_89",
    "overdue_from_90", "judged", "defaulted",
]  # fmt: skip


class DecisionsPage(BaseModel):
    """One page of decisions, latest first."""

    rows: list[DecisionRow]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )


class KeptFromShape(BaseModel):
    """A duty that the caller may not do on a case, and what the caller did that forbids it."""

    duty: Duty
    because: list[Duty]


class DecisionWithHistory(StateShape, MemberNamed):
    """The state of a decision, its original answer, and every entry since."""

    earlier_rulings: list[EarlierRulingShape] = Field(
        description="every ruling of a person on earlier decisions on the member, oldest first"
    )

    answer: DecisionShape
    history: list[EventShape]
    payable_alone_yuan: int = Field(
        description="what one person may pay out now, were so much left; another confirms more"
    )
    kept_from: list[KeptFromShape] = Field(
        description="duties on the case that the caller may not do any more"
    )
