"""Request and response bodies of the routes of visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.http.fields import CROPS, EXPECTED, INCOMES, one_of
from api.http.free_text import Note
from api.http.schemas import STRICT, Day, strict_with_example
from api.visits.commands import Found, Proof
from api.visits.withdrawal import WithdrawalReason
from model.archive.tables import archive_tables

_COLUMNS = {name: archive_tables()[name].columns for name in ("incomes", "plots")}
_MOST_YUAN = int(_COLUMNS["incomes"]["yuan_a_year"].maximum or 0)
_MOST_KG = int(_COLUMNS["plots"]["yield_kg_per_mu"].maximum or 0)
Yuan = Annotated[int, Field(ge=0, le=_MOST_YUAN)]
IncomeKind = Annotated[str, StringConstraints(pattern=one_of(INCOMES))]
Crop = Annotated[str, StringConstraints(pattern=one_of(CROPS))]


class HarvestFound(BaseModel):
    """The yield of a crop in its last season."""

    model_config = STRICT

    season: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-[SAG]$")]
    kg_per_mu: Annotated[int, Field(ge=0, le=_MOST_KG)]


class VisitRequest(BaseModel):
    """What a visit confirmed: at least one of incomes, harvests and residence."""

    model_config = strict_with_example(
        visited_on="2023-10-08",
        proof="document",
        note="查看了用工合同和近三个月工资条",
        incomes={"wages": 36_000},
        harvests={"wheat": {"season": "2023-S", "kg_per_mu": 430}},
        resident_since="2019-03-01",
    )

    visited_on: Annotated[Day, Field(description=EXPECTED["visited_on"].en)]
    proof: Annotated[Proof, Field(description=EXPECTED["proof"].en)]
    note: Annotated[Note, Field(description=EXPECTED["note"].en)]
    incomes: Annotated[
        dict[IncomeKind, Yuan], Field(description=EXPECTED["incomes"].en, max_length=len(INCOMES))
    ] = {}
    harvests: Annotated[
        dict[Crop, HarvestFound], Field(description=EXPECTED["harvests"].en, max_length=len(CROPS))
    ] = {}
    resident_since: Annotated[Day | None, Field(description=EXPECTED["resident_since"].en)] = None

    @model_validator(mode="after")
    def _confirms_something(self) -> VisitRequest:
        if not (self.incomes or self.harvests or self.resident_since):
            raise ValueError("confirms nothing")
        return self

    def found(self) -> Found:
        """Return what the visit found."""
        harvests = {crop: each.model_dump() for crop, each in self.harvests.items()}
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return Found(**{**fields, "harvests": harvests})


class VisitRecorded(BaseModel):
    """A visit is on record."""

    visit_id: str
    until: date = Field(description="last day on which it counts")
    recorded_at: datetime


class WithdrawalRequest(BaseModel):
    """Why a visit is withdrawn."""

    model_config = strict_with_example(reason="wrong_figures", note="合同金额看错，按月误作按年")

    reason: Annotated[WithdrawalReason, Field(description=EXPECTED["reason"].en)]
    note: Annotated[Note, Field(description=EXPECTED["note"].en)]


class VisitWithdrawn(BaseModel):
    """A withdrawal is on record."""

    visit_id: str
    withdrawn_at: datetime


class WithdrawalShape(BaseModel):
    """When, by whom and why a visit was withdrawn."""

    withdrawn_at: datetime
    withdrawn_by: str
    reason: WithdrawalReason
    note: str


class VisitShape(BaseModel):
    """One visit and what it confirmed."""

    visit_id: str
    visited_on: date
    until: date = Field(description="last day on which it counts")
    counts: bool = Field(description="whether it still counts today")
    recorded_at: datetime
    recorded_by: str
    proof: Proof
    note: str
    incomes: dict[str, int] = Field(description="yuan a year by kind of income")
    harvests: dict[str, HarvestFound] = Field(description="by crop")
    resident_since: date | None
    withdrawal: WithdrawalShape | None = Field(description="null: it was not withdrawn")
