"""The card as canonical JSON (RFC 8785) and back; reading checks that all fields agree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import rfc8785

from model.card.bins import Bins, Term
from model.card.derived import KINDS, Derived
from model.card.reason_table import AttributeText
from model.card.scorecard import (
    DERIVED_FORMAT,
    FORMATS,
    SIDED_FORMAT,
    Card,
    Grade,
    Scaling,
)
from model.errors import CardError
from model.profile.dictionary import Text

_FIELDS = (
    "format", "name", "base", "scaling", "attributes", "terms", "pd_table", "grades", "provenance",
)  # fmt: skip
_BINS, _WORDING = ("edges", "levels", "min", "max"), ("label", "reason", "missing", "actionable")
#: Texts that only cards of format 3 have.
_SIDES = ("below", "above")


def card_to_json(card: Card) -> bytes:
    """Return the canonical bytes of `card`; equal cards give equal bytes."""
    spec: dict[str, Any] = {
        "format": card.format,
        "name": card.name,
        "base": card.base,
        "scaling": {
            "pdo": card.scaling.pdo,
            "anchor_points": card.scaling.anchor_points,
            "anchor_odds": card.scaling.anchor_odds,
        },
        "attributes": {
            name: _bins_spec(card.bins[name]) | _wording_spec(card.wording[name], card.tells_sides)
            for name in dict.fromkeys([*card.attributes, *card.inputs])
        },
        "terms": [
            {
                "attributes": list(term.attributes),
                "points": term.points.tolist(),
                "reference": term.reference,
            }
            for term in card.terms
        ],
        "pd_table": {"points": card.pd_points.tolist(), "pd": card.pd_values.tolist()},
        "grades": [{"grade": g.grade, "pd_at_most": g.pd_at_most} for g in card.grades],
        "provenance": dict(card.provenance),
    }
    if card.derived or card.tells_sides:
        spec["derived"] = {
            own.name: {"kind": own.kind, "first": own.first, "second": own.second}
            for own in card.derived.values()
        }
    return rfc8785.dumps(spec)


def card_from_json(payload: bytes) -> Card:
    """Return the card in `payload`.

    Raises
    ------
    CardError
        If a field is missing, unknown, of the wrong shape, or contradicts another.
    """
    try:
        card = _read_card(json.loads(payload))
        for contradiction in _contradictions(card):
            raise ValueError(contradiction)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        known = " or ".join(FORMATS)
        raise CardError(f"card.json is not a scorecard of format {known}: {error}") from error
    return card


def _read_card(spec: Mapping[str, Any]) -> Card:
    if spec["format"] not in FORMATS:
        raise ValueError(f"format {spec['format']!r}")
    has_derived = spec["format"] in (DERIVED_FORMAT, SIDED_FORMAT)
    _refuse_unknown(spec, *_FIELDS, *(("derived",) if has_derived else ()))
    sides = _SIDES if spec["format"] == SIDED_FORMAT else ()
    table, scaling = spec["pd_table"], spec["scaling"]
    _refuse_unknown(table, "points", "pd")
    _refuse_unknown(scaling, "pdo", "anchor_points", "anchor_odds")
    card = Card(
        name=str(spec["name"]),
        base=_integer(spec["base"]),
        bins={name: _read_bins(name, value, sides) for name, value in spec["attributes"].items()},
        terms=tuple(_read_term(term) for term in spec["terms"]),
        wording={name: _read_wording(value, sides) for name, value in spec["attributes"].items()},
        pd_points=_integer_array(table["points"]),
        pd_values=np.array(table["pd"], dtype=np.float64),
        grades=tuple(_read_grade(grade) for grade in spec["grades"]),
        scaling=Scaling(
            _integer(scaling["pdo"]),
            _integer(scaling["anchor_points"]),
            float(scaling["anchor_odds"]),
        ),
        provenance={key: str(value) for key, value in spec["provenance"].items()},
        derived={
            name: _read_derived(name, value) for name, value in spec.get("derived", {}).items()
        },
        tells_sides=spec["format"] == SIDED_FORMAT,
    )
    if card.format != spec["format"]:
        raise ValueError(f"a card of format {DERIVED_FORMAT} must name its derived inputs")
    return card


def _refuse_unknown(spec: Mapping[str, Any], *names: str) -> None:
    if unknown := sorted(set(spec) - set(names)):
        raise ValueError(f"unknown field {', '.join(unknown)}")


def _read_term(spec: Mapping[str, Any]) -> Term:
    _refuse_unknown(spec, "attributes", "points", "reference")
    names = tuple(str(name) for name in spec["attributes"])
    return Term(names, _integer_array(spec["points"]), _integer(spec["reference"]))


def _read_grade(spec: Mapping[str, Any]) -> Grade:
    _refuse_unknown(spec, "grade", "pd_at_most")
    return Grade(spec["grade"], float(spec["pd_at_most"]))


def _read_derived(name: str, spec: Mapping[str, Any]) -> Derived:
    _refuse_unknown(spec, "kind", "first", "second")
    return Derived(name, spec["kind"], str(spec["first"]), str(spec["second"]))


def _bins_spec(bins: Bins) -> dict[str, Any]:
    return {
        "edges": list(bins.edges),
        "levels": [list(group) for group in bins.levels],
        "min": bins.minimum,
        "max": bins.maximum,
    }


def _read_bins(name: str, spec: Mapping[str, Any], sides: tuple[str, ...]) -> Bins:
    _refuse_unknown(spec, *_BINS, *_WORDING, *sides)
    return Bins(
        attribute=name,
        edges=tuple(float(edge) for edge in spec["edges"]),
        levels=tuple(tuple(str(text) for text in group) for group in spec["levels"]),
        minimum=None if spec["min"] is None else float(spec["min"]),
        maximum=None if spec["max"] is None else float(spec["max"]),
    )


def _wording_spec(wording: AttributeText, has_sides: bool) -> dict[str, Any]:
    sides = {"below": wording.below, "above": wording.above} if has_sides else {}
    return {
        "label": _text_spec(wording.label),
        "reason": _text_spec(wording.reason),
        "missing": _text_spec(wording.missing),
        "actionable": wording.actionable,
        **{name: None if text is None else _text_spec(text) for name, text in sides.items()},
    }


def _text_spec(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _read_wording(spec: Mapping[str, Any], sides: tuple[str, ...]) -> AttributeText:
    return AttributeText(
        Text(**spec["label"]),
        Text(**spec["reason"]),
        Text(**spec["missing"]),
        bool(spec["actionable"]),
        *(None if spec[side] is None else Text(**spec[side]) for side in sides),
    )


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not an integer")
    return value


def _integer_array(values: object) -> np.ndarray[Any, np.dtype[np.int64]]:
    array = np.array(values)
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError("points are not integers")
    return array.astype(np.int64)


def _contradictions(card: Card) -> Iterator[str]:
    """Yield what is wrong with fields that are well formed one by one but disagree."""
    if not card.terms or set(card.bins) != {*card.attributes, *card.inputs}:
        yield "terms and attributes do not match"
    for term in card.terms:
        shape = tuple(card.bins[name].size for name in term.attributes)
        if len(shape) not in (1, 2) or term.points.shape != shape:
            yield f"points of {'×'.join(term.attributes)} do not match their bins"
    for name, bins in card.bins.items():
        if list(bins.edges) != sorted(set(bins.edges)) or (bins.edges and bins.levels):
            yield f"bins of {name} are not in order"
    for name, wording in card.wording.items():
        if (wording.below is None) != (wording.above is None):
            yield f"{name} has a text for one side of its best range only"
    for own in card.derived.values():
        yield from _derived_contradictions(card, own)
    yield from _scale_contradictions(card)


def _derived_contradictions(card: Card, own: Derived) -> Iterator[str]:
    if own.kind not in KINDS:
        yield f"{own.name} has kind {own.kind!r}; known are {', '.join(KINDS)}"
    if own.first == own.second or own.name not in card.attributes:
        yield f"{own.name} is derived from only one attribute, or gives no points"
    if any(name in card.derived or card.bins[name].levels for name in own.sources):
        yield f"a source of {own.name} is itself derived, or is text"
    bins = card.bins[own.name]
    if bins != Bins(own.name, bins.edges):
        yield f"{own.name} is derived; it must have edges only, because its sources set its range"


def _scale_contradictions(card: Card) -> Iterator[str]:
    if len(card.pd_points) != len(card.pd_values) or not len(card.pd_points):
        yield "the PD table is empty or has unequal columns"
    if (np.diff(card.pd_points) <= 0).any() or (np.diff(card.pd_values) > 0).any():
        yield "the PD table is not monotone"
    if not ((card.pd_values >= 0) & (card.pd_values <= 1)).all() or not card.grades:
        yield "a PD lies outside 0..1, or there are no grades"
