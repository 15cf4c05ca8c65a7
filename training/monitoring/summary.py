"""What a monitoring run tells whoever watches a card on the console: no member, no village."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from model.card.bin_labels import bin_labels
from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.verdict import json_fields
from training.monitoring.findings import Findings, Outcomes
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.page import json_value, tags
from training.monitoring.shift import Migration, Shift
from training.settings import Settings

#: An alert about one place names a village and counts its loans.
_OF_PLACES = "PLACE_WORSE"


def monitoring_summary(
    findings: Findings, made_at: datetime, code_version: str, link: str | None
) -> dict[str, Any]:
    """Return the summary of `findings`, as `data.publishing.run_summaries` stores it.

    Parameters
    ----------
    link : str or None
        The run's page on the tracking server; None without one.
    """
    card = findings.baseline.file.card
    shown = [alert for alert in findings.alerts if alert.code != _OF_PLACES]
    summary: dict[str, Any] = json_value({
        **tags(findings),
        "made_at": made_at.isoformat(),
        "code_version": code_version,
        "link": link,
        "alerts": [asdict(alert, dict_factory=json_fields) for alert in shown],
        "places_worse": len(findings.alerts) - len(shown),
        "shift": _shift(card, findings.shift) if findings.shift else None,
        "migration": _migration(card, findings.migration),
        "bad_days": Settings().bad_days,
        "vintage_curves": [asdict(curve) for curve in findings.curves],
        "outcomes": _outcomes(findings.outcomes),
        "early": [asdict(row) for row in findings.early],
    })  # fmt: skip
    return summary


def _shift(card: Card, shift: Shift) -> dict[str, Any]:
    return {
        "rows": shift.rows,
        "psi": shift.psi,
        "cuts": shift.cuts,
        "then": shift.then,
        "now": shift.now,
        "attributes": [
            {
                "attribute": each.attribute,
                "label": _label(card, each.attribute),
                "csi": each.csi,
                "points": each.points,
                "bins": [_text(label) for label in bin_labels(card.bins[each.attribute])],
                "then": each.then,
                "now": each.now,
            }
            for each in shift.attributes
        ],
    }


def _migration(card: Card, migration: Migration) -> dict[str, Any]:
    return {
        "grades": migration.grades,
        "matrix": migration.matrix,
        "points": migration.points,
        "fallen": migration.fallen,
        "attributes": [
            {"attribute": each.name, "label": _label(card, each.name), "points": each.points}
            for each in migration.attributes
        ],
        "counties": [{"name": e.name, "points": e.points} for e in migration.counties],
    }


def _outcomes(outcomes: Outcomes) -> dict[str, Any]:
    return {
        "trained_as_of": outcomes.trained_as_of,
        "fresh": asdict(outcomes.fresh) if outcomes.fresh else None,
        "quarters": [asdict(row) for row in outcomes.quarters],
        "counties": [_ratio(row) for row in outcomes.counties],
    }


def _ratio(row: OutcomeRow) -> dict[str, Any]:
    """Return a place's ratio without its counts: bads of a place may be few persons."""
    return {"name": row.name, "ratio": row.ratio, "low": row.low, "high": row.high}


def _label(card: Card, name: str) -> dict[str, str]:
    return _text(card.wording[name].label)


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
