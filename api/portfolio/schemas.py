"""Response bodies of the routes of the portfolio."""

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


class MonthRow(BaseModel):
    """What one month added."""

    month: date = Field(description="its first day, in China")
    decisions: int | None = Field(description="null: too few for the caller to see")
    disbursements: int | None
    disbursed_yuan: int | None
    repayments: int | None
    repaid_yuan: int | None


class TrendShape(BaseModel):
    """What each of the last months added, in the places that were asked for."""

    counts: list[CountShape] = Field(description="what each column counts")
    rows: list[MonthRow] = Field(description="oldest first; the last one is not over")


class QualityRow(BaseModel):
    """Arrears of one place, and expected against actual loss; counts are of borrowers."""

    place_code: str
    county: str | None
    township: str | None
    village: str | None
    borrowers: int | None = Field(description="null: too few for the caller to see")
    drawn_yuan: int | None
    running: int | None
    outstanding_yuan: int | None
    current: int | None
    current_yuan: int | None
    overdue_1_29: int | None
    overdue_1_29_yuan: int | None
    overdue_30_59: int | None
    overdue_30_59_yuan: int | None
    overdue_60_89: int | None
    overdue_60_89_yuan: int | None
    overdue_from_90: int | None
    overdue_from_90_yuan: int | None
    judged: int | None
    judged_yuan: int | None
    expected_default_yuan: int | None
    expected_loss_yuan: int | None
    defaulted: int | None
    defaulted_yuan: int | None
    loss_yuan: int | None


class QualityShape(BaseModel):
    """Arrears, and expected against actual loss, of every place of one level, by the ledger."""

    on: date = Field(description="the day on which days past due are counted")
    level: str
    counts: list[CountShape] = Field(description="what each column counts")
    rows: list[QualityRow]
