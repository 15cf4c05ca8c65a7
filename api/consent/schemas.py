"""Request and response bodies of the routes of consent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.consent.commands import Evidence
from api.http.fields import EXPECTED
from api.http.schemas import strict_with_example


class ConsentRequest(BaseModel):
    """The evidence of a member's consent or withdrawal."""

    model_config = strict_with_example(evidence="paper")

    evidence: Annotated[Evidence, Field(description=EXPECTED["evidence"].en)]


class ConsentEvent(BaseModel):
    """One record of consent given or withdrawn."""

    is_given: bool
    recorded_at: datetime
    recorded_by: str
    evidence: Evidence | None


class ConsentShape(BaseModel):
    """A member's consent: its present state, the source of that state, and its ledger history."""

    in_force: bool
    by: Literal["ledger", "archive"] = Field(description="source of the latest record")
    since: date | None = Field(description="day of the latest record, in China; null without one")
    history: list[ConsentEvent]


class ConsentSet(BaseModel):
    """The state of consent after a change."""

    in_force: bool
    recorded_at: datetime
