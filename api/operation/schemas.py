"""Response bodies of what an operator looks at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from pydantic import BaseModel, Field

from api.editions.catalogue import Listed
from api.editions.change import MOVED_EN, TURNOVER, Measure
from api.editions.difference import FIRST, Difference
from api.editions.held import Held
from api.operation.small_moves import few_turn_over, hidden_moves, shown_measure
from model.profile.dictionary import Text, member_dictionary


class BothShape(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Self:
        """Return the shape of `text`."""
        return cls(zh=text.zh, en=text.en)


class EditionCounts(BaseModel):
    """Members of an edition, by tier, and moves of the first tier against the edition before."""

    members: int
    first: int
    second: int
    third: int
    none: int
    enters: int | None = Field(description="null, as `leaves`: too few for the caller to see")
    leaves: int | None

    @classmethod
    def of(cls, counts: Mapping[str, int], smallest: int | None) -> Self:
        """Return the shape of `counts`; `smallest` hides moves of fewer members."""
        shape = cls(**counts)
        if few_turn_over(counts["enters"], counts["leaves"], smallest):
            return shape.model_copy(update={"enters": None, "leaves": None})
        return shape

    @property
    def is_hidden(self) -> bool:
        """Whether who enters and leaves is not told."""
        return self.enters is None


class RecordShape(BaseModel):
    """What was done last with an edition."""

    at: str
    kind: str = Field(description="published, rolled back")
    approved_by: str | None = Field(description="null where its limits needed nobody's word")
    because: str | None
    order: str | None = Field(description="the signing order by which it was approved")
    beyond_limits: list[str] = Field(description="what it changed beyond the limits")


class EditionShape(BaseModel):
    """A published edition."""

    name: str = Field(description="of its folder, which an order to go back to it names")
    as_of: date
    is_in_use: bool
    previous: str | None = Field(description="the edition that it was compared with")
    policy_digest: str
    card_digest: str
    archive_digest: str
    counts: EditionCounts
    record: RecordShape | None = Field(description="null for an edition of before the record")

    @classmethod
    def of(cls, listed: Listed, smallest: int | None) -> Self:
        """Return the shape of an edition of the catalogue."""
        manifest, said = listed.manifest, listed.record
        fields: dict[str, Any] = {
            name: said.get(name) for name in ("approved_by", "because", "order")
        }
        counts = EditionCounts.of(manifest.counts, smallest)
        beyond = [
            line
            for line in said.get("beyond_limits", [])
            if MOVED_EN not in line or not counts.is_hidden
        ]
        told = {**fields, "beyond_limits": beyond}
        return cls(
            name=listed.name,
            as_of=manifest.day,
            is_in_use=listed.is_current,
            previous=manifest.previous,
            policy_digest=manifest.policy_digest,
            card_digest=manifest.card_digest,
            archive_digest=manifest.archive_digest,
            counts=counts,
            record=RecordShape(at=said["at"], kind=said["kind"], **told) if said else None,
        )


class ExcessShape(BaseModel):
    """A change beyond its limit."""

    code: str
    text: BothShape


class HeldShape(BaseModel):
    """A run that was held: it would change more than the limits allow, and published nothing."""

    held_at: str
    subject: str = Field(description="the digest that an order to publish names")
    as_of: date
    previous: str | None = Field(description="the edition that it was compared with")
    counts: EditionCounts
    beyond_limits: list[ExcessShape]

    @classmethod
    def of(cls, held: Held, smallest: int | None) -> Self:
        """Return the shape of `held`; `smallest` hides moves of fewer members."""
        counts = EditionCounts.of(held.counts, smallest)
        return cls(
            held_at=held.held_at,
            subject=held.subject,
            as_of=date.fromisoformat(held.as_of),
            previous=held.previous,
            counts=counts,
            beyond_limits=[
                ExcessShape(code=each.code, text=BothShape.of(each.text))
                for each in held.beyond_limits
                if each.code != TURNOVER or not counts.is_hidden
            ],
        )


class EditionsShape(BaseModel):
    """The editions of the home, newest first, and the run that is held."""

    held: HeldShape | None
    editions: list[EditionShape]


class MoveShape(BaseModel):
    """Members by tier in the one edition and in the other."""

    before: str = Field(description="a tier, or - for members of the later edition only")
    after: str = Field(description="a tier, or - for members of the earlier edition only")
    members: int | None = Field(description="null: too few for the caller to see")


class MeasureShape(BaseModel):
    """A measure of the change, with the limit of publication above which a person decides."""

    code: str
    change: float | None = Field(description="null: of too few members for the caller to see")
    most: int
    is_beyond: bool
    text: BothShape

    @classmethod
    def of(cls, measure: Measure, is_hidden: bool) -> Self:
        """Return the shape of `measure`, without the turnover where it `is_hidden`."""
        change, text = shown_measure(measure, is_hidden)
        own = {name: getattr(measure, name) for name in ("code", "most", "is_beyond")}
        return cls(**own, change=change, text=BothShape.of(text))


class MissingShape(BaseModel):
    """An attribute that more, or fewer, members have no value of; shares of 0 to 1."""

    attribute: str
    label: BothShape
    before: float
    after: float


class DifferenceShape(BaseModel):
    """What changed from one edition to another; counts of the whole archive, no person."""

    before: str
    after: str
    first_before: int
    first_after: int
    first_share_before: float = Field(description="share of all members, 0 to 1")
    first_share_after: float
    enters: int | None = Field(
        description="members who enter the first tier; null, as `leaves`: too few to see"
    )
    leaves: int | None
    points_shift: float | None = Field(
        description="mean change of points of members scored in both"
    )
    measures: list[MeasureShape]
    moves: list[MoveShape]
    missing: list[MissingShape]

    @classmethod
    def of(cls, before: str, after: str, found: Difference, smallest: int | None) -> Self:
        """Return the shape of what changed from edition `before` to edition `after`.

        Parameters
        ----------
        smallest
            Hides moves of fewer members, and those that would reveal one.
        """
        was, now = found.count(before=FIRST), found.count(after=FIRST)
        few = few_turn_over(found.enters, found.leaves, smallest)
        hidden = hidden_moves(found, smallest)
        fields: dict[str, Any] = {
            "first_share_before": was / max(found.members_before, 1),
            "first_share_after": now / max(found.members_after, 1),
            "measures": [MeasureShape.of(each, few) for each in found.measures],
            "moves": [
                MoveShape(
                    before=move[0], after=move[1], members=None if move in hidden else members
                )
                for move, members in found.moves.items()
            ],
            "enters": None if few else found.enters,
            "leaves": None if few else found.leaves,
            "missing": [_missing(name, pair) for name, pair in sorted(found.missing.items())],
        }
        return cls(
            before=before, after=after, first_before=was, first_after=now,
            points_shift=found.points_shift, **fields,
        )  # fmt: skip


def _missing(name: str, shares: tuple[float, float]) -> MissingShape:
    label = BothShape.of(member_dictionary()[name].label)
    return MissingShape(attribute=name, label=label, before=shares[0], after=shares[1])
