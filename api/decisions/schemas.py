"""Request and response bodies of decisions, which clients rely on."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.fields import EXPECTED, MAX_AMOUNT_YUAN, MAX_MONTHS, MEMBER_ID, PURPOSE, PURPOSES

Outcome = Literal["APPROVE", "REFER", "DECLINE"]
Tier = Literal["FIRST", "SECOND", "THIRD", "NONE"]
Repayment = Literal["harvest_bullet", "equal_instalments", "interest_first", "revolving"]
Bound = Literal["PRODUCT_CAP", "REPAYMENT_CAPACITY", "GRADE_CAP"]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MemberId = Annotated[str, StringConstraints(pattern=MEMBER_ID)]


class DecisionRequest(BaseModel):
    """A loan officer's request for a member."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {
                    "member_id": "M0000042",
                    "amount_yuan": 20000,
                    "months": 12,
                    "purpose": "inputs",
                    "revolving": False,
                }
            ]
        },
    )

    member_id: Annotated[MemberId, Field(description=EXPECTED["member_id"].en)]
    amount_yuan: Annotated[
        int, Field(ge=1, le=MAX_AMOUNT_YUAN, description=EXPECTED["amount_yuan"].en)
    ]
    months: Annotated[int, Field(ge=1, le=MAX_MONTHS, description=EXPECTED["months"].en)]
    purpose: Annotated[
        str,
        Field(
            pattern=PURPOSE,
            description=EXPECTED["purpose"].en,
            json_schema_extra={"enum": list(PURPOSES)},
        ),
    ]
    revolving: Annotated[bool, Field(description=EXPECTED["revolving"].en)] = False


class ReasonShape(BaseModel):
    """One reason for points lost: a stable code, the points, the sentence in both languages."""

    code: str
    points_lost: int
    zh: str
    en: str


class KnockOutShape(BaseModel):
    """One matched rule: its stable code and its sentence in both languages."""

    code: str
    zh: str
    en: str


class DecisionShape(BaseModel):
    """The answer to a decision request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision_id": "0b0f3c0e-5f0a-4a53-9d3b-6a2f5b0f7c11",
                    "outcome": "APPROVE",
                    "tier": "FIRST",
                    "points": 655,
                    "pd": 0.0042,
                    "grade": "A",
                    "limit_yuan": 30000,
                    "annual_rate": 0.0465,
                    "months": 12,
                    "repayment": "harvest_bullet",
                    "limit_bound_by": "REPAYMENT_CAPACITY",
                    "reasons": [
                        {
                            "code": "BILLS_ON_TIME_SHARE_12M",
                            "points_lost": 9,
                            "zh": "近一年有账单未按时缴纳",
                            "en": "some bills of the last year were not paid on time",
                        }
                    ],
                    "knock_outs": [],
                    "as_of": "2023-10-09",
                    "policy_digest": "5f" * 32,
                    "card_digest": "c4" * 32,
                    "valid_until": "2023-11-08",
                }
            ]
        }
    )

    decision_id: str
    outcome: Outcome
    tier: Tier
    points: int | None = Field(description="null if the member may not be scored (no consent)")
    pd: float | None = Field(description="probability of default, 0 to 1")
    grade: str | None
    limit_yuan: int = Field(description="0 without an offer")
    annual_rate: float | None = Field(description="a fraction per year; null without an offer")
    months: int | None = Field(description="offered term; null without an offer")
    repayment: Repayment | None
    limit_bound_by: Bound | None = Field(description="the bound that determined the limit")
    reasons: list[ReasonShape] = Field(max_length=4, description="largest loss first")
    knock_outs: list[KnockOutShape] = Field(description="every rule that matched")
    as_of: date = Field(description="day at whose start the profile was valid")
    policy_digest: Digest
    card_digest: Digest
    valid_until: date = Field(description="last day on which the decision may be used")
