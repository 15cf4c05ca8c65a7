"""The card as canonical JSON (RFC 8785) and back, every field checked on the way in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import rfc8785

from model.dictionary import Text
from model.errors import CardError
from model.scorecard import FORMAT, Bins, Card, Grade, Scaling, Term, Wording


def card_to_json(card: Card) -> bytes:
    """Return the canonical bytes of `card`; equal cards give equal bytes."""
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "name": card.name,
            "base": card.base,
            "scaling": {
                "pdo": card.scaling.pdo,
                "anchor_points": card.scaling.anchor_points,
                "anchor_odds": card.scaling.anchor_odds,
            },
            "attributes": {
                name: _bins_out(card.bins[name]) | _wording_out(card.wording[name])
                for name in card.attributes
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
    )


def card_from_json(payload: bytes) -> Card:
    """Return the card in `payload`.

    Raises
    ------
    CardError
        If a field is missing, of the wrong shape, or contradicts another.
    """
    try:
        card = _card_in(json.loads(payload))
        _refuse_contradictions(card)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CardError(f"card.json is not a scorecard of format {FORMAT}: {error}") from error
    return card


def _card_in(spec: Mapping[str, Any]) -> Card:
    if spec["format"] != FORMAT:
        raise ValueError(f"format {spec['format']!r}")
    return Card(
        name=str(spec["name"]),
        base=_whole(spec["base"]),
        bins={name: _bins_in(name, value) for name, value in spec["attributes"].items()},
        terms=tuple(
            Term(tuple(t["attributes"]), _whole_array(t["points"]), _whole(t["reference"]))
            for t in spec["terms"]
        ),
        wording={name: _wording_in(value) for name, value in spec["attributes"].items()},
        pd_points=_whole_array(spec["pd_table"]["points"]),
        pd_values=np.array(spec["pd_table"]["pd"], dtype=np.float64),
        grades=tuple(Grade(g["grade"], float(g["pd_at_most"])) for g in spec["grades"]),
        scaling=Scaling(
            _whole(spec["scaling"]["pdo"]),
            _whole(spec["scaling"]["anchor_points"]),
            float(spec["scaling"]["anchor_odds"]),
        ),
        provenance={key: str(value) for key, value in spec["provenance"].items()},
    )


def _refuse_contradictions(card: Card) -> None:
    for term in card.terms:
        shape = tuple(card.bins[name].size for name in term.attributes)
        if len(shape) not in (1, 2) or term.points.shape != shape:
            raise ValueError(f"points of {'×'.join(term.attributes)} do not fit their bins")
    for name, bins in card.bins.items():
        if list(bins.edges) != sorted(set(bins.edges)) or (bins.edges and bins.levels):
            raise ValueError(f"bins of {name} are not in order")
    if not card.terms or set(card.bins) != set(card.attributes):
        raise ValueError("terms and attributes do not fit")
    if len(card.pd_points) != len(card.pd_values) or not len(card.pd_points):
        raise ValueError("the PD table is empty or lopsided")
    if (np.diff(card.pd_points) <= 0).any() or (np.diff(card.pd_values) > 0).any():
        raise ValueError("the PD table is not monotone")
    if not ((card.pd_values >= 0) & (card.pd_values <= 1)).all() or not card.grades:
        raise ValueError("a PD lies outside 0..1, or there are no grades")


def _bins_out(bins: Bins) -> dict[str, Any]:
    return {
        "edges": list(bins.edges),
        "levels": [list(group) for group in bins.levels],
        "min": bins.minimum,
        "max": bins.maximum,
    }


def _bins_in(name: str, spec: Mapping[str, Any]) -> Bins:
    return Bins(
        attribute=name,
        edges=tuple(float(edge) for edge in spec["edges"]),
        levels=tuple(tuple(str(word) for word in group) for group in spec["levels"]),
        minimum=None if spec["min"] is None else float(spec["min"]),
        maximum=None if spec["max"] is None else float(spec["max"]),
    )


def _wording_out(wording: Wording) -> dict[str, Any]:
    return {
        "label": {"zh": wording.label.zh, "en": wording.label.en},
        "reason": {"zh": wording.reason.zh, "en": wording.reason.en},
        "missing": {"zh": wording.missing.zh, "en": wording.missing.en},
        "actionable": wording.actionable,
    }


def _wording_in(spec: Mapping[str, Any]) -> Wording:
    return Wording(
        label=Text(**spec["label"]),
        reason=Text(**spec["reason"]),
        missing=Text(**spec["missing"]),
        actionable=bool(spec["actionable"]),
    )


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _whole_array(values: object) -> np.ndarray[Any, np.dtype[np.int64]]:
    array = np.array(values)
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError("points are not whole numbers")
    return array.astype(np.int64)
