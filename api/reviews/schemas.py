"""Request and response bodies of reviews and overrides."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.cases.schemas import EarlierRulingShape, MemberNamed, StateShape
from api.http.fields import ACTOR, EXPECTED
from api.http.free_text import Note, refuse_numbers
from api.http.schemas import Amount, strict_with_example
from api.reviews.commands import Verdict

#: The ledger never deletes a text, so no personal number may enter it.
_NUMBERLESS = AfterValidator(refuse_numbers)
_Statement = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), _NUMBERLESS
]


class OverrideCount(BaseModel):
    """Overrides by one officer in one place for one reason; null: too few for the caller to see."""

    officer: str
    place_code: str
    reason_code: str
    direction: Literal["APPROVE", "DECLINE"] = Field(description="outcome after the override")
    via: Literal["override", "review"]
    count: int | None
    amount_yuan: int | None


class OverridesShape(BaseModel):
    """Overrides by officer, place and reason."""

    total: int | None = Field(description="null where a row is")
    rows: list[OverrideCount]


class ReviewRequest(BaseModel):
    """A member's request for a review of a decline."""

    model_config = strict_with_example(statement="去年遭受雹灾，今年已恢复生产")

    statement: Annotated[_Statement | None, Field(description=EXPECTED["statement"].en)] = None


class AssignmentRequest(BaseModel):
    """A reviewer for a case; null ends the claim on it."""

    model_config = strict_with_example(reviewer="reviewer-2")

    reviewer: Annotated[
        Annotated[str, StringConstraints(pattern=ACTOR)] | None,
        Field(description=EXPECTED["reviewer"].en),
    ]


class RulingRequest(BaseModel):
    """A person's decision and its reason."""

    model_config = strict_with_example(
        verdict="APPROVE",
        amount_yuan=20000,
        reason_code="INCOME_VERIFIED",
        note="已到大棚实地查看，收入与流水相符",
    )

    verdict: Annotated[Verdict, Field(description=EXPECTED["verdict"].en)]
    amount_yuan: Amount | None = Field(default=None, description="required with an approval only")
    reason_code: Annotated[
        str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$", description=EXPECTED["reason_code"].en)
    ]
    note: Annotated[Note, Field(description=EXPECTED["note"].en)]


class CaseShape(StateShape, MemberNamed):
    """A case in the review queue."""

    place_code: str
    waiting_since: datetime
    asked_for_by_member: bool
    earlier_rulings: list[EarlierRulingShape] = Field(
        description="rulings of people on the member's other decisions, oldest first"
    )


class ReviewsPage(BaseModel):
    """One page of the queue, longest wait first."""

    rows: list[CaseShape]
    next_cursor: str | None
