"""Judge a challenger by all gates, beside the champion of the day."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from model.card.card_file import CardFile
from training.gates.calibration import calibration_gates, stability_gates
from training.gates.discrimination import discrimination_gates, leak_gates
from training.gates.evidence import Evidence
from training.gates.exactness import exactness_gates
from training.gates.fairness import fairness_gates, offer_gates
from training.gates.verdict import GateVerdicts, json_fields
from training.samples.limits import Limits

GATES = "gates.json"


def judge(evidence: Evidence, champion: CardFile | None, limits: Limits) -> GateVerdicts:
    """Return the verdicts of all gates on the card in `evidence`, whether or not one fails."""
    in_use = champion.card if champion else None
    return GateVerdicts(
        card_digest=evidence.digest,
        champion_digest=champion.digest if champion else None,
        limits_digest=limits.digest,
        judged_on=limits.on.isoformat(),
        sample=evidence.notes.sample,
        verdicts=(
            *discrimination_gates(evidence, in_use, limits),
            *calibration_gates(evidence, limits),
            *stability_gates(evidence, limits),
            *exactness_gates(evidence, limits),
            *leak_gates(evidence, limits),
            *fairness_gates(evidence, limits),
            *offer_gates(evidence, limits),
        ),
    )


def write_verdicts(verdicts: GateVerdicts, folder: Path) -> None:
    """Write `verdicts` as ``gates.json`` into `folder`."""
    stated = {"passed": verdicts.passed, **asdict(verdicts, dict_factory=json_fields)}
    text = json.dumps(stated, ensure_ascii=False, indent=1) + "\n"
    (folder / GATES).write_text(text, encoding="utf-8")
