"""Gates on calibration: PDs must say what happens, on rows the card never saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.dictionary import Text
from model.scorecard import Card
from training.calibration.intervals import jeffreys_interval
from training.calibration_error import equal_groups, expected_calibration_error
from training.evaluate import Evaluation, evaluate
from training.gates.evidence import Evidence
from training.gates.verdict_of import Measured, bounded
from training.gates.verdicts import Verdict
from training.limits import Limits

_RESAMPLES, _SEED = 500, 54
_REMEDY = Text(
    "重新校准（rongzi recalibrate）或重新训练", "recalibrate (rongzi recalibrate), or train again"
)


def calibration_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on calibration.

    A card recalibrated to a long-run rate is meant to differ from the last vintages: there a
    failure becomes a flag, for the approver to hold against the recalibration's source.
    """
    found = evaluate(evidence.card, evidence.totals(), evidence.rows.bad, _RESAMPLES, _SEED)
    verdicts = [
        bounded(
            "CALIBRATION_ERROR", _error(evidence.card, found), limits["ece_most"], "most",
            Text("期望校准误差（减去偶然误差）", "expected calibration error (less chance)"),
            _REMEDY,
        ),
        *_observed_over_expected(
            found.bad_rows, found.rows, found.measures["expected_bad_rate"].value, limits
        ),
    ]  # fmt: skip
    for verdict in verdicts:
        softened = evidence.noted.recalibrated and verdict.status == "fail"
        yield replace(verdict, status="flag") if softened else verdict


def _error(card: Card, found: Evaluation) -> Measured:
    """Return the calibration error, its lower end being what chance does not explain.

    A perfectly calibrated card errs too on a finite sample, the more the fewer its rows: outcomes
    drawn from its own PDs show how much.
    """
    pd, rows = card.pd(found.points), found.goods + found.bads
    group = equal_groups(rows)
    bads = np.random.default_rng(_SEED).binomial(rows.astype(np.int64), pd, (_RESAMPLES, len(pd)))
    chance = expected_calibration_error(rows - bads, bads.astype(np.float64), pd, group)
    value = found.measures["ece"].value
    return Measured(value, max(value - float(np.quantile(chance, 0.95)), 0.0), value)


def _observed_over_expected(
    bads: int, rows: int, expected: float, limits: Limits
) -> Iterator[Verdict]:
    low, high = jeffreys_interval(bads, rows)
    ratio = Measured(bads / rows / expected, low / expected, high / expected)
    yield bounded(
        "MORE_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_most"], "most",
        Text("实际不良 / 预期不良", "bads observed over expected"), _REMEDY,
    )  # fmt: skip
    yield bounded(
        "FEWER_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_least"], "least",
        Text("实际不良 / 预期不良", "bads observed over expected"), _REMEDY,
    )  # fmt: skip
