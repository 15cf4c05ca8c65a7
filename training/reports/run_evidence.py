"""Judge a training run by the gates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from model.card.card_file import CardFile
from training.gates.evidence import Evidence, TrainingNotes
from training.gates.judge import judge
from training.gates.verdict import GATE_LIMITS
from training.learn import TrainedRun


def evidence_of(run: TrainedRun) -> Evidence:
    """Return the evidence that the gates judge `run` by."""
    return Evidence(
        run.card, run.digest, _notes(run), run.samples.validation, run.performance.fairness
    )


def judge_run(run: TrainedRun, champion: CardFile | None, day: date) -> TrainedRun:
    """Return `run` with the verdicts of the gates in force on `day`, beside the `champion`."""
    return replace(run, gates=judge(evidence_of(run), champion, GATE_LIMITS.on(day)))


def _notes(run: TrainedRun) -> TrainingNotes:
    return TrainingNotes(
        card_digest=run.digest,
        sample=run.samples.validated_on,
        trained_by=run.trained_by,
        source=run.origin.source.facts["source"],
        directions={name: run.origin.dictionary[name].direction for name in run.card.bins},
        points_psi=run.performance.points_psi,
        attribute_psi=dict(run.performance.attribute_psi),
        rounding_auc=run.performance.rounding.auc if run.performance.rounding else None,
        cut_off=run.performance.fairness.cut_off if run.performance.fairness else None,
    )
