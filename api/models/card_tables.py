"""A card as tables, from the card itself; shares and weights of evidence from the run's summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from api.http.schemas import TextShape
from api.models.card_schemas import (
    AgainstShape,
    AttributeAgainst,
    BinShape,
    CardAttribute,
    CardHead,
    CardPair,
    CardShape,
    GradeShape,
    PairAgainst,
)
from api.models.cards import KnownCard
from api.models.schemas import AttributeEvidence, Standing
from model.card.bin_labels import bin_labels
from model.card.bins import Bins, Term
from model.card.scorecard import Card
from model.explanation.texts import range_of_bins, range_text
from model.profile.dictionary import Text, member_dictionary

T = TypeVar("T")
_NOTHING = AttributeEvidence(
    attribute="", label=TextShape(zh="", en=""), least_points=None, most_points=None, psi=None,
    share=[], share_validated=[], woe=[],
)  # fmt: skip


def card_head(known: KnownCard, standing: Standing) -> CardHead:
    """Return what a list tells of a card."""
    file = known.file
    return CardHead(
        digest=file.digest,
        name=file.card.name,
        format=file.card.format,
        standing=standing,
        approved_by=file.approved_by,
        approved_at=file.approved_at,
        made_by_runs=known.runs,
    )


def card_tables(known: KnownCard, standing: Standing) -> CardShape:
    """Return a card as tables, the attribute with the widest range of points first."""
    card = known.file.card
    return CardShape(
        **card_head(known, standing).model_dump(),
        base=card.base,
        attributes=sorted(_attributes(known), key=_width, reverse=True),
        pairs=[_pair(card, term) for term in card.terms if len(term.attributes) == 2],
        grades=[GradeShape(grade=g.grade, pd_at_most=g.pd_at_most) for g in card.grades],
        provenance=dict(card.provenance),
    )


def cards_against(one: CardShape, other: CardShape) -> AgainstShape:
    """Return two cards side by side: what either scores, in the order of the first."""
    names = dict.fromkeys(each.attribute for card in (one, other) for each in card.attributes)
    first, second = ({a.attribute: a for a in card.attributes} for card in (one, other))
    attributes = [
        AttributeAgainst(
            attribute=name,
            label=(first.get(name) or second[name]).label,
            one=first.get(name),
            other=second.get(name),
        )
        for name in names
    ]
    head = CardHead.model_fields.keys()
    return AgainstShape(
        one=CardHead(**one.model_dump(include=set(head))),
        other=CardHead(**other.model_dump(include=set(head))),
        attributes=attributes,
        pairs=_pairs_against(one.pairs, other.pairs),
    )


def _pairs_against(one: Sequence[CardPair], other: Sequence[CardPair]) -> list[PairAgainst]:
    first, second = ({(p.first, p.second): p for p in pairs} for pairs in (one, other))
    found = []
    for names in dict.fromkeys([*first, *second]):
        either = first.get(names) or second[names]
        found.append(
            PairAgainst(
                first_label=either.first_label,
                second_label=either.second_label,
                one=first.get(names),
                other=second.get(names),
            )
        )
    return found


def _attributes(known: KnownCard) -> Iterable[CardAttribute]:
    card = known.file.card
    points = {t.attributes[0]: t.points.tolist() for t in card.terms if len(t.attributes) == 1}
    for name in card.attributes:
        own, evidence = points.get(name, []), known.evidence.get(name, _NOTHING)
        yield CardAttribute(
            attribute=name,
            label=_shape(card.wording[name].label),
            least_points=min(own, default=None),
            most_points=max(own, default=None),
            bins=[
                BinShape(
                    label=_shape(label),
                    points=_at(own, code),
                    woe=_at(evidence.woe, code),
                    share=_at(evidence.share, code),
                    share_validated=_at(evidence.share_validated, code),
                )
                for code, label in enumerate(_labels(name, card.bins[name]))
            ],
        )


def _pair(card: Card, term: Term) -> CardPair:
    first, second = term.attributes
    return CardPair(
        first=first,
        second=second,
        first_label=_shape(card.wording[first].label),
        second_label=_shape(card.wording[second].label),
        rows=[_shape(label) for label in _labels(first, card.bins[first])],
        columns=[_shape(label) for label in _labels(second, card.bins[second])],
        points=term.points.tolist(),
    )


def _labels(name: str, bins: Bins) -> list[Text]:
    """Return the label of each bin; grades of a village review by their words."""
    labels, known = bin_labels(bins), member_dictionary().attributes.get(name)
    if bins.levels or known is None or known.unit != "grade":
        return labels
    graded = [range_text(known, range_of_bins(bins, n, n)) for n in range(bins.ordinary)]
    # A bin may hold no grade; its range says so.
    named = [text if text.zh else label for text, label in zip(graded, labels, strict=False)]
    return [*named, *labels[bins.ordinary :]]


def _width(attribute: CardAttribute) -> int:
    return (attribute.most_points or 0) - (attribute.least_points or 0)


def _at(values: Sequence[T], code: int) -> T | None:
    return values[code] if code < len(values) else None


def _shape(text: Text) -> TextShape:
    return TextShape(zh=text.zh, en=text.en)
