"""What explanation, portfolio and the report of overrides give."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from api.shapes import Tier


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
