"""Request and response bodies of the routes of consent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from api.consent.commands import Evidence, Purpose, Recipient
from api.http.fields import EXPECTED
from api.http.schemas import strict_with_example


class ConsentRequest(BaseModel):
    """What a member consents to or withdraws, to whom, and the evidence of it.

    Without purposes it is all that a decision needs, and without a recipient the bank.
    """

    model_config = strict_with_example(evidence="paper")

    evidence: Annotated[Evidence, Field(description=EXPECTED["evidence"].en)]
    purposes: Annotated[
        list[Purpose] | None, Field(min_length=1, description=EXPECTED["purposes"].en)
    ] = None
    recipient: Annotated[Recipient | None, Field(description=EXPECTED["recipient"].en)] = None

    @field_validator("purposes")
    @classmethod
    def _once_each(cls, purposes: list[Purpose] | None) -> list[Purpose] | None:
        return purposes and sorted(set(purposes))


class PurposeState(BaseModel):
    """Consent to one purpose."""

    purpose: Purpose
    is_needed: bool = Field(description="whether a decision needs consent to it")
    is_given: bool
    since: date | None = Field(description="day of the latest record; null without one")


class ConsentEvent(BaseModel):
    """One record of consent given or withdrawn."""

    is_given: bool
    purposes: list[Purpose]
    recipient: Recipient
    recorded_at: datetime
    recorded_by: str
    evidence: Evidence | None


class ConsentShape(BaseModel):
    """A member's consent: its present state, the source of that state, and its ledger history."""

    in_force: bool
    by: Literal["ledger", "archive"] = Field(description="source of the latest record")
    since: date | None = Field(description="day of the latest record, in China; null without one")
    purposes: list[PurposeState]
    history: list[ConsentEvent]


class ConsentSet(BaseModel):
    """The state of consent after a change."""

    in_force: bool
    recorded_at: datetime
