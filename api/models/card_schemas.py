"""Answers about cards as tables: points and evidence by bin, pairs as grids, two side by side."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.decisions.schemas import Digest
from api.http.schemas import TextShape
from api.models.schemas import Standing


class CardHead(BaseModel):
    """What a list tells of a card."""

    digest: Digest
    name: str
    format: str
    standing: Standing
    approved_by: str | None = Field(description="who promoted it; null: it never was, here")
    approved_at: str | None
    made_by_runs: list[str] = Field(description="runs that made it, latest first")


class BinShape(BaseModel):
    """One bin; null where it has no points of its own, or no run tells of it."""

    label: TextShape
    points: int | None
    woe: float | None = Field(description="weight of evidence; positive: riskier than the whole")
    share: float | None = Field(description="share of the rows that the card learned from")
    share_validated: float | None


class CardAttribute(BaseModel):
    """One attribute with its bins: the ordinary ones, then missing, then out of range."""

    attribute: str
    label: TextShape
    least_points: int | None = Field(description="null where it has points in pairs only")
    most_points: int | None
    bins: list[BinShape]


class CardPair(BaseModel):
    """Points of two attributes together: a row for each bin of the first."""

    first: str
    second: str
    first_label: TextShape
    second_label: TextShape
    rows: list[TextShape]
    columns: list[TextShape]
    points: list[list[int]]


class GradeShape(BaseModel):
    """One band of the scale."""

    grade: str
    pd_at_most: float


class CardShape(CardHead):
    """A card as tables."""

    base: int = Field(description="points that everyone starts with")
    attributes: list[CardAttribute] = Field(description="the widest range of points first")
    pairs: list[CardPair]
    grades: list[GradeShape]
    provenance: dict[str, str]


class AttributeAgainst(BaseModel):
    """One attribute in two cards; null in a card that does not score it."""

    attribute: str
    label: TextShape
    one: CardAttribute | None
    other: CardAttribute | None


class PairAgainst(BaseModel):
    """One pair in two cards; null in a card that does not score it."""

    first_label: TextShape
    second_label: TextShape
    one: CardPair | None
    other: CardPair | None


class AgainstShape(BaseModel):
    """Two cards side by side."""

    one: CardHead
    other: CardHead
    attributes: list[AttributeAgainst]
    pairs: list[PairAgainst]
