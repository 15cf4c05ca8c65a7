"""Gates on calibration and stability, on rows that the card never saw.

PDs must agree with observed bad rates; neither points nor attributes may have moved much since
development.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.evidence import Evidence
from training.gates.verdict import Verdict, judge_limit
from training.measures.calibration import (
    equal_groups,
    expected_calibration_error,
    jeffreys_interval,
)
from training.measures.evaluate import Evaluation, Interval, evaluate
from training.samples.limits import Limits

_RESAMPLES, _SEED = 500, 54
_RECALIBRATE = Text(
    "重新校准（rongzi recalibrate）或重新训练", "recalibrate (rongzi recalibrate), or train again"
)
_TRAIN_ON_RECENT_ROWS = Text("使用近期样本重新训练", "train again on more recent rows")


def calibration_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on calibration.

    A card recalibrated to a long-run rate differs from the last vintages on purpose. For such a
    card a failure becomes a flag, which the approver compares with the recalibration's source.
    """
    evaluation = evaluate(evidence.card, evidence.totals(), evidence.rows.bad, _RESAMPLES, _SEED)
    verdicts = [
        judge_limit(
            "CALIBRATION_ERROR", _calibration_error(evidence.card, evaluation),
            limits["ece_most"], "most",
            Text(
                "期望校准误差（下限已扣除偶然误差）",
                "expected calibration error (lower end: less chance)",
            ),
            _RECALIBRATE,
        ),
        *_observed_over_expected(evaluation, limits),
    ]  # fmt: skip
    for verdict in verdicts:
        is_softened = evidence.notes.recalibrated and verdict.status == "fail"
        yield replace(verdict, status="flag") if is_softened else verdict


def _calibration_error(card: Card, evaluation: Evaluation) -> Interval:
    """Return the calibration error; its lower end is the part that chance does not explain.

    A perfectly calibrated card also errs on a finite sample, and errs more the fewer rows there
    are. Outcomes drawn from the card's own PDs show how much.
    """
    pd, rows = card.pd(evaluation.points), evaluation.goods + evaluation.bads
    group = equal_groups(rows)
    bads = np.random.default_rng(_SEED).binomial(rows.astype(np.int64), pd, (_RESAMPLES, len(pd)))
    chance = expected_calibration_error(rows - bads, bads.astype(np.float64), pd, group)
    value = evaluation.measures["ece"].value
    return Interval(value, max(value - float(np.quantile(chance, 0.95)), 0.0), value)


def _observed_over_expected(evaluation: Evaluation, limits: Limits) -> Iterator[Verdict]:
    bads, rows = evaluation.bad_rows, evaluation.rows
    expected = evaluation.measures["expected_bad_rate"].value
    low, high = jeffreys_interval(bads, rows)
    ratio = Interval(bads / rows / expected, low / expected, high / expected)
    what = Text("实际不良 / 预期不良", "bads observed over expected")
    yield judge_limit(
        "MORE_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_most"], "most", what,
        _RECALIBRATE,
    )  # fmt: skip
    yield judge_limit(
        "FEWER_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_least"], "least", what,
        _RECALIBRATE,
    )  # fmt: skip


def stability_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on stability: of the points, and of the attribute that moved most."""
    yield judge_limit(
        "POINTS_STABILITY", Interval.exact(evidence.notes.points_psi),
        limits["points_psi_most"], "most", Text("总分 PSI", "PSI of the points"),
        _TRAIN_ON_RECENT_ROWS, limits["points_psi_watch"],
    )  # fmt: skip
    shifts = evidence.notes.attribute_psi
    name = max(shifts, key=lambda attribute: shifts[attribute])
    yield judge_limit(
        "ATTRIBUTE_STABILITY", Interval.exact(shifts[name]), limits["attribute_psi_most"],
        "most", Text(f"变动最大的指标 {name} 的 PSI", f"PSI of {name}, which moved most"),
        Text(
            f"查明 {name} 变动的原因，或不再对其评分",
            f"find out why {name} moved, or stop scoring it",
        ),
        limits["attribute_psi_watch"],
    )  # fmt: skip
