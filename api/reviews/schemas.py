"""What the routes of reviews and overrides take and give."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.cases.schemas import StateShape
from api.http.fields import EXPECTED
from api.http.schemas import Amount, strict_with_example
from api.reviews.commands import Verdict

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


class ReviewRequest(BaseModel):
    """A member asks that a person look at a decline."""

    model_config = strict_with_example(statement="去年遭受雹灾，今年已恢复生产")

    statement: Annotated[_Statement | None, Field(description=EXPECTED["statement"].en)] = None


class RulingRequest(BaseModel):
    """What a person decides, and why."""

    model_config = strict_with_example(
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


class CaseShape(StateShape):
    """A case in the review queue."""

    place_code: str
    waiting_since: datetime
    asked_for_by_member: bool


class ReviewsPage(BaseModel):
    """One page of the queue, longest wait first."""

    rows: list[CaseShape]
    next_cursor: str | None
