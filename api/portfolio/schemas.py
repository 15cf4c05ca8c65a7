"""Response body of ``GET /v1/portfolio``."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from api.http.schemas import CountShape


class SumsShape(BaseModel):
    """Totals of a place; reversed approvals and cancelled payments are subtracted."""

    decisions: int | None = Field(description="null: too few for the caller to see")
    approved: int | None
    approved_yuan: int | None
    disbursements: int | None
    disbursed_yuan: int | None
    repaid_yuan: int | None


class PortfolioRow(BaseModel):
    """One place: members by tier in the edition in use, and totals from the ledger."""

    place_code: str
    county: str | None
    township: str | None
    village: str | None
    members: int | None
    first: int | None
    second: int | None
    third: int | None
    none: int | None
    this_year: SumsShape
    in_total: SumsShape
    loans: int | None
    exposure_yuan: int | None = Field(
        description="outstanding today, by the larger of ledger and bank until a person settles it"
    )


class PortfolioShape(BaseModel):
    """The portfolio of every place of one level."""

    as_of: date = Field(description="day of the edition whose members are counted")
    year: int
    level: str
    counts: list[CountShape] = Field(description="what each column counts")
    rows: list[PortfolioRow]


class ConcentrationRow(BaseModel):
    """One place with its share of what was paid out."""

    place_code: str
    county: str | None
    township: str | None
    village: str | None
    disbursements: int | None = Field(description="null: too few for the caller to see")
    disbursed_yuan: int | None
    share_percent: float | None
    exposure_yuan: int | None
    exposure_percent: float | None


class ConcentrationShape(BaseModel):
    """How much of what was paid out is where, and with how few borrowers."""

    level: str
    counts: list[CountShape] = Field(description="what each column counts")
    largest_ten_percent: float | None = Field(
        description="share of the ten largest borrowers; null if there are no more than ten"
    )
    herfindahl: float | None = Field(description="of the places shown, 1/n to 1; null without any")
    largest_ten_exposure_percent: float | None = Field(
        description="share of the ten largest borrowers of what is out today; null if there are no"
        " more than ten"
    )
    exposure_herfindahl: float | None = Field(description="as `herfindahl`, of what is out today")
    rows: list[ConcentrationRow]
