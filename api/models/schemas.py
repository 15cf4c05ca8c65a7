"""Answers about training runs: what the signed summaries hold, each checked before it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.decisions.schemas import Digest
from api.http.schemas import TextShape

#: ``IN_USE``: the edition in use was made with it; ``NEXT``: promoted, waits for an edition;
#: ``EARLIER``: was promoted before; ``NONE``: never promoted here.
Standing = Literal["IN_USE", "NEXT", "EARLIER", "NONE"]
GateVerdict = Literal["passed", "flagged", "failed"]
GateStatus = Literal["pass", "flag", "fail", "none"]


class SummaryShape(BaseModel):
    """Whether the summary of a run verified; without that, nothing of it is told."""

    id: str
    is_verified: bool = Field(description="a key that is trusted for runs signed these bytes")
    why_not: TextShape | None = Field(description="why it did not verify; null if it did")
    signed_by: str | None = Field(description="id of the key; null if it did not verify")


class IntervalShape(BaseModel):
    """A measured value with its 95 % interval; null where it could not be measured."""

    value: float | None
    low: float | None
    high: float | None


class SampleShape(BaseModel):
    """A card's measures on one sample."""

    sample: str
    rows: int
    bads: int
    measures: dict[str, IntervalShape]


class GateShape(BaseModel):
    """The verdict of one gate."""

    gate: str
    status: GateStatus
    value: float | None
    limit: float | None = Field(description="the limit that decided; null: the gate is no number")
    told: TextShape
    remedy: TextShape


class GatesShape(BaseModel):
    """The verdicts of all gates, beside the card that was in use."""

    verdict: GateVerdict
    champion_digest: Digest | None
    limits_digest: Digest
    judged_on: str
    sample: str
    verdicts: list[GateShape]


class GatesHead(BaseModel):
    """The verdict of all gates together."""

    verdict: GateVerdict


class DataShape(BaseModel):
    """The data that a run learned from."""

    source: Literal["archive", "table"]
    title: str
    as_of: str | None
    digest: Digest


class PeriodShape(BaseModel):
    """First and last month of the development and of the validation rows."""

    from_month: str
    to_month: str
    validated_from: str
    validated_to: str


class AttributeEvidence(BaseModel):
    """What the run knew of one attribute and its bins, each list by bin code."""

    attribute: str
    label: TextShape
    least_points: int | None = Field(description="null where it has points in pairs only")
    most_points: int | None
    psi: float | None = Field(description="shift from development to validation")
    share: list[float | None] = Field(description="share of the rows that the card learned from")
    share_validated: list[float | None]
    woe: list[float | None] = Field(description="empty where it has no points of its own")


class VintageShape(BaseModel):
    """The number of loans of one month of disbursement by label."""

    vintage: str
    loans: int
    good: int
    bad: int
    indeterminate: int
    unripe: int
    unrecorded: int
    run_in: int


class GroupShape(BaseModel):
    """Rates of one group, shrunk towards all groups; no count."""

    group: str
    approval: IntervalShape | None = None
    bad_rate: IntervalShape | None = None
    expected_bad_rate: float | None


class GapShape(IntervalShape):
    """The widest gap of one measure."""

    measure: str
    group: str


class ProtectedShape(BaseModel):
    """One protected attribute: its groups, largest first, and the widest gaps."""

    attribute: str
    label: TextShape
    groups: list[GroupShape]
    gaps: list[GapShape]


class FairnessShape(BaseModel):
    """Fairness of the card at one cut-off."""

    sample: str
    cut_off: int
    cut_off_from: TextShape
    attributes: list[ProtectedShape]


class _RunFacts(BaseModel):
    made_at: datetime | None
    made_by: str
    card_digest: Digest
    data: DataShape
    validated_on: str
    samples: list[SampleShape]


class RunHead(_RunFacts):
    """What a list tells of a training run."""

    gates: GatesHead | None


class RunContent(_RunFacts):
    """A training run."""

    code_version: str
    link: str | None = Field(description="its page on the tracking server; null without a server")
    judged_digest: Digest | None = Field(
        description="the fit to development rows alone that the measures are of; null: the card"
    )
    outcome: TextShape = Field(description="what counts as bad")
    period: PeriodShape | None = Field(description="null where rows have no time")
    gates: GatesShape | None
    points_psi: float | None
    attributes: list[AttributeEvidence]
    vintages: list[VintageShape]
    fairness: FairnessShape | None
    notes: list[str]


class RunRow(SummaryShape):
    """A training run in the list."""

    run: RunHead | None
    standing: Standing = Field(description="where its card stands here")


class RunShape(SummaryShape):
    """A training run."""

    run: RunContent | None
    standing: Standing = Field(description="where its card stands here")
