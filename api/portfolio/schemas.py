"""What ``GET /v1/portfolio`` gives."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


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
