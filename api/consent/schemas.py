"""What the routes of consent take and give."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.consent.commands import Evidence
from api.http.fields import EXPECTED
from api.http.schemas import strict_with_example


class ConsentRequest(BaseModel):
    """How the member's word was taken."""

    model_config = strict_with_example(evidence="paper")

    evidence: Annotated[Evidence, Field(description=EXPECTED["evidence"].en)]


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
