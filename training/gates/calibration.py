"""Gates on calibration: PDs must say what happens, on rows the card never saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model.dictionary import Text
from training.calibration.intervals import jeffreys_interval
from training.evaluate import evaluate
from training.gates.evidence import Evidence
from training.gates.limits import Limits
from training.gates.verdict_of import Measured, bounded
from training.gates.verdicts import Verdict

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
    error = found.measures["ece"]
    verdicts = [
        bounded(
            "CALIBRATION_ERROR", Measured(error.value, error.low, error.high), limits["ece_most"],
            "most", Text("期望校准误差", "expected calibration error"), _REMEDY,
        ),
        *_observed_over_expected(
            found.bad_rows, found.rows, found.measures["expected_bad_rate"].value, limits
        ),
    ]  # fmt: skip
    for verdict in verdicts:
        softened = evidence.noted.recalibrated and verdict.status == "fail"
        yield replace(verdict, status="flag") if softened else verdict


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
