"""Answers about monitoring, and about comparisons of a challenger with the card in use."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.decisions.schemas import Digest
from api.http.schemas import TextShape
from api.models.schemas import SummaryShape

AlertLevel = Literal["act", "watch", "none", "ok"]


class AlertShape(BaseModel):
    """One monitored quantity, and what to do."""

    code: str
    level: AlertLevel
    where: str
    value: float | None
    limit: float | None
    told: TextShape
    remedy: TextShape


class AttributeShiftShape(BaseModel):
    """How one attribute moved over the card's bins since development."""

    attribute: str
    label: TextShape
    csi: float | None
    points: float | None = Field(description="mean points gained since development")
    bins: list[TextShape]
    then: list[float | None]
    now: list[float | None]


class ShiftShape(BaseModel):
    """How recent borrowers differ from development; shares by group of points."""

    rows: int
    psi: float | None
    cuts: list[int] = Field(description="highest points of each group but the last")
    then: list[float | None]
    now: list[float | None]
    attributes: list[AttributeShiftShape]


class PointsOfAttribute(BaseModel):
    """Mean change of points by one attribute."""

    attribute: str
    label: TextShape
    points: float | None


class PointsOfCounty(BaseModel):
    """Mean change of points in one county."""

    name: str
    points: float | None


class MigrationShape(BaseModel):
    """Members by grade on the earlier day (down) and now (across), best grade first."""

    grades: list[str]
    matrix: list[list[int]]
    points: float | None
    fallen: float | None = Field(description="share two or more grades lower than before")
    attributes: list[PointsOfAttribute]
    counties: list[PointsOfCounty]


class CurveShape(BaseModel):
    """Share of a quarter's loans that was ever bad, by months on book."""

    quarter: str
    loans: int
    bad: list[float | None]


class OutcomeShape(BaseModel):
    """Bads over expected bads, with a 95 % interval."""

    name: str
    loans: int
    bads: int
    expected: float | None
    ratio: float | None
    low: float | None
    high: float | None


class PlaceRatio(BaseModel):
    """Bads over expected bads in one county, shrunk towards all; no count."""

    name: str
    ratio: float | None
    low: float | None
    high: float | None


class OutcomesShape(BaseModel):
    """Actual against expected of ripe loans."""

    trained_as_of: str
    fresh: OutcomeShape | None = Field(description="outcomes since training; null: none yet")
    quarters: list[OutcomeShape]
    counties: list[PlaceRatio]


class EarlyShape(BaseModel):
    """One quarter's unripe loans, and how many are forecast to end bad."""

    quarter: str
    loans: int
    late: int
    bad: int
    foreseen: float | None
    low: float | None
    high: float | None
    expected: float | None


class _MonitoringFacts(BaseModel):
    made_at: datetime
    as_of: str
    since: str
    card_digest: Digest


class AlertHead(BaseModel):
    """How urgent an alert is."""

    level: AlertLevel


class MonitoringHead(_MonitoringFacts):
    """What a list tells of a monitoring run."""

    alerts: list[AlertHead]


class MonitoringContent(_MonitoringFacts):
    """A monitoring run."""

    code_version: str
    link: str | None
    archive_digest: Digest
    limits_digest: Digest
    alerts: list[AlertShape] = Field(description="the most urgent first, without those of places")
    places_worse: int = Field(description="alerts about places, which the run's report names")
    shift: ShiftShape | None = Field(description="null: no recent borrower")
    migration: MigrationShape
    bad_days: int
    vintage_curves: list[CurveShape]
    outcomes: OutcomesShape
    early: list[EarlyShape]


class MonitoringRow(SummaryShape):
    """A monitoring run in the list."""

    run: MonitoringHead | None


class MonitoringShape(SummaryShape):
    """A monitoring run."""

    run: MonitoringContent | None


class SwapShape(BaseModel):
    """Members of a set by both cards, and the bads that each card expects among them.

    Under ``both``, ``enter`` (by the challenger only) and ``leave`` (by the card in use only).
    """

    members: dict[str, int]
    expected_bads_champion: dict[str, float]
    expected_bads_challenger: dict[str, float]


class SwapCounty(BaseModel):
    """Members of one county who enter and leave each set; null: too few for the caller to see."""

    place: str
    first_champion: int | None
    first_enter: int | None
    first_leave: int | None
    offered_champion: int | None
    offered_enter: int | None
    offered_leave: int | None


class SwapSetHead(BaseModel):
    """What a list tells of a comparison."""

    made_at: datetime
    as_of: str
    champion: Digest
    challenger: Digest
    scored: int
    swaps: dict[str, SwapShape] = Field(description="by set: FIRST, and offered (with SECOND)")


class SwapSetContent(SwapSetHead):
    """A comparison of two cards on one day."""

    code_version: str
    policy: Digest
    tiers: dict[str, dict[str, int]] = Field(
        description="members by the tier of the card in use, then by the challenger's"
    )
    points: dict[str, float] = Field(description="challenger's points less those of the other")
    counties: list[SwapCounty]


class SwapSetRow(SummaryShape):
    """A comparison in the list."""

    run: SwapSetHead | None


class SwapSetShape(SummaryShape):
    """A comparison."""

    run: SwapSetContent | None
