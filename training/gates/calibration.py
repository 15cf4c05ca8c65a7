"""Gates on calibration and stability, on rows that the card never saw.

PDs must agree with observed bad rates; points may not have moved much since development, and an
attribute that moved is flagged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.gates.called import called_by
from training.gates.evidence import Evidence
from training.gates.verdict import Verdict, judge_limit, judge_watch, status
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
#: Recalibration moves the mean PD only, so it cures neither of these.
_LEVEL_IS_CHOSEN = Text(
    "该卡已按长期平均重新校准：由审批人核对其来源，或使用近期样本重新训练",
    "the card was recalibrated to a long-run rate: the approver compares the rate's source, or"
    " train again on more recent rows",
)
_SHAPE_IS_WRONG = Text(
    "总体水平相符，偏差在各分数段：改用其他校准曲线（--calibration）或重新训练",
    "the level holds and the shape does not: train with another curve (--calibration), or on more"
    " data",
)
_WITHIN_CHANCE = Text(
    "偶然即可解释：无需修正；更多验证行才能判断",
    "chance explains it: nothing to mend; only more rows to validate on would tell",
)
_TRAIN_ON_RECENT_ROWS = Text("使用近期样本重新训练", "train again on more recent rows")


def calibration_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on calibration.

    A card recalibrated to a long-run rate differs from the last vintages on purpose. For such a
    card a failure becomes a flag, which the approver compares with the recalibration's source.
    """
    rows = evidence.rows
    evaluation = evaluate(
        evidence.judged, evidence.totals(), rows.bad, _RESAMPLES, _SEED, rows.weight
    )
    ratio, recalibrated = _observed_over_expected(evaluation), evidence.notes.recalibrated
    level = list(_judge_level(ratio, limits, _LEVEL_IS_CHOSEN if recalibrated else _RECALIBRATE))
    level_holds = all(verdict.status == "pass" for verdict in level)
    remedy = _SHAPE_IS_WRONG if level_holds and not recalibrated else level[0].remedy
    error = _judge_error(evidence.judged, evaluation, limits["ece_most"], remedy)
    for verdict in (error, *level):
        is_softened = recalibrated and verdict.status == "fail"
        yield replace(verdict, status="flag") if is_softened else verdict


def _judge_error(card: Card, evaluation: Evaluation, limit: float, remedy: Text) -> Verdict:
    """Judge the calibration error by its part that chance does not explain."""
    error, chance = evaluation.measures["ece"].value, _chance_error(card, evaluation)
    excess = max(error - chance, 0.0)
    found = status(Interval(error, excess, error), limit, "most")
    finding = Text(
        f"期望校准误差 {error:.4f}，偶然即可达 {chance:.4f}，超出偶然 {excess:.4f}；"
        f"限值至多 {limit:g}（超出偶然的部分越限不通过，误差本身越限提请注意）",
        f"calibration error {error:.4f}; chance alone reaches {chance:.4f}, so {excess:.4f} lies"
        f" beyond chance; limit at most {limit:g} (fails by the part beyond chance, flagged by the"
        " error)",
    )
    judged = excess if found == "fail" else error
    remedy = remedy if excess else _WITHIN_CHANCE
    return Verdict("CALIBRATION_ERROR", found, judged, limit, finding, remedy)


def _chance_error(card: Card, evaluation: Evaluation) -> float:
    """Return the calibration error that a perfect card exceeds on such a sample once in 20 times.

    Outcomes are drawn from the card's own PDs: on a finite sample a perfectly calibrated card errs
    too, and errs more the fewer rows there are.
    """
    pd, rows = card.pd(evaluation.points), evaluation.goods + evaluation.bads
    group = equal_groups(rows)
    bads = np.random.default_rng(_SEED).binomial(rows.astype(np.int64), pd, (_RESAMPLES, len(pd)))
    chance = expected_calibration_error(rows - bads, bads.astype(np.float64), pd, group)
    return float(np.quantile(chance, 0.95))


def _observed_over_expected(evaluation: Evaluation) -> Interval:
    bads = float(evaluation.bads.sum())
    rows = float(evaluation.goods.sum()) + bads
    expected = evaluation.measures["expected_bad_rate"].value
    low, high = jeffreys_interval(bads, rows)
    return Interval(bads / rows / expected, low / expected, high / expected)


def _judge_level(ratio: Interval, limits: Limits, remedy: Text) -> Iterator[Verdict]:
    what = Text("实际不良 / 预期不良", "bads observed over expected")
    yield judge_limit(
        "MORE_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_most"], "most", what,
        remedy,
    )  # fmt: skip
    yield judge_limit(
        "FEWER_BADS_THAN_EXPECTED", ratio, limits["observed_over_expected_least"], "least", what,
        remedy,
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
    what = called_by(evidence.card, name)
    # A programme that grows moves its borrowers: a shift is no fault of the attribute.
    yield judge_watch(
        "ATTRIBUTE_STABILITY", Interval.exact(shifts[name]), limits["attribute_psi_watch"], "most",
        Text(f"变动最大的指标 {what.zh} 的 PSI", f"PSI of {what.en}, which moved most"),
        Text(f"查明 {what.zh} 变动的原因", f"find out why {what.en} moved"),
    )  # fmt: skip
