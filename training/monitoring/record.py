"""A monitoring run as files, and as the flat numbers a tracking server lists."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from training.monitoring.findings import Findings
from training.monitoring.page import monitoring_html

PAGE, FIGURES = "monitoring.html", "monitoring.json"


def write_findings(found: Findings, folder: Path) -> None:
    """Write the page and the figures of `found` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(monitoring_html(found), encoding="utf-8")
    (folder / FIGURES).write_text(findings_json(found), encoding="utf-8")


def findings_json(found: Findings) -> str:
    """Return everything found, as JSON; what could not be measured is null."""
    figures = {
        **tags(found),
        "limits": dict(found.limits.in_force),
        "alerts": [asdict(alert) for alert in found.alerts],
        "shift": asdict(found.shift) if found.shift else None,
        "migration": asdict(found.migration),
        "vintage_curves": [asdict(curve) for curve in found.curves],
        "outcomes": asdict(found.outcomes),
        "early": [asdict(row) for row in found.early],
    }
    return json.dumps(_plain(figures), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def tags(found: Findings) -> dict[str, str]:
    """Return what the run was about."""
    return {
        "as_of": found.as_of.isoformat(),
        "since": found.since.isoformat(),
        "card_digest": found.baseline.file.digest,
        "archive_digest": found.archive_digest,
        "limits_digest": found.limits.digest,
    }


def metrics(found: Findings) -> dict[str, float]:
    """Return the numbers worth comparing from run to run."""
    levels = [alert.level for alert in found.alerts]
    listed = {f"alerts/{level}": float(levels.count(level)) for level in ("watch", "act", "none")}
    listed["migration/points"] = found.migration.points
    listed["migration/fallen"] = found.migration.fallen
    if found.shift is not None:
        listed["psi/points"] = found.shift.psi
        listed |= {f"csi/{_listed(a.attribute)}": a.csi for a in found.shift.attributes}
    if found.outcomes.fresh is not None:
        listed["actual_over_expected"] = found.outcomes.fresh.ratio
    if found.early:
        listed["early/foreseen"] = sum(row.foreseen for row in found.early)
    return listed


def _listed(name: str) -> str:
    # MLflow takes letters, digits and a few signs in a metric's name.
    return re.sub(r"[^\w.\- /]", "_", name)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
