"""Response body of ``GET /v1/portfolio``."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


class SumsShape(BaseModel):
    """Totals of a place; reversed approvals and cancelled payments are subtracted."""

    decisions: int
    approved: int
    approved_yuan: int
    disbursements: int
    disbursed_yuan: int


class PortfolioRow(BaseModel):
    """One place: members by tier in the edition in use, and totals from the ledger."""

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

    as_of: date = Field(description="day of the edition whose members are counted")
    year: int
    level: str
    rows: list[PortfolioRow]
