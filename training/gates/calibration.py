"""Gates on calibration: PDs must say what happens, on rows the card never saw.

Gates on leaks: an attribute too good to be true was written down after the outcome.

Gates on stability: neither points nor attributes may have moved since development.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.card.scorecard import Card
from model.profile.dictionary import Text
from training.binning.evidence import counts
from training.gates.evidence import Evidence
from training.gates.verdict import Measured, Status, Verdict, bounded
from training.measures.calibration import (
    equal_groups,
    expected_calibration_error,
    jeffreys_interval,
)
from training.measures.discrimination import auc
from training.measures.evaluate import Evaluation, evaluate
from training.samples.limits import Limits
from training.samples.sample import Bools

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


def leak_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on the strongest attribute, alone and beside the second.

    An attribute's AUC is that of the points it earns on validation, missing and out of range
    included: a field that is filled in only once a loan fails gives itself away there.
    """
    alone = attribute_aucs(evidence)
    (name, first), (_, second) = [*alone, ("", 0.5)][:2]
    remedy = Text(
        f"核对 {name} 在申请时是否已知；否则改为不评分",
        f"check that {name} is known when the loan is applied for; if not, do not score it",
    )
    yield bounded(
        "ATTRIBUTE_TOO_GOOD", Measured.exact(first), limits["attribute_auc_most"], "most",
        Text(f"最强指标 {name} 单独的 AUC", f"AUC of {name} alone, the strongest attribute"),
        remedy, limits["attribute_auc_watch"],
    )  # fmt: skip
    lead, limit = first - second, limits["attribute_lead_watch"]
    told = Text(
        f"{name} 领先第二名 {lead:.4f}，关注值 {limit:g}",
        f"{name} leads the second by {lead:.4f} AUC, watch at {limit:g}",
    )
    found: Status = "flag" if lead > limit and len(alone) > 1 else "pass"
    yield Verdict("ATTRIBUTE_LEAD", found, lead, limit, told, remedy)


def attribute_aucs(evidence: Evidence) -> list[tuple[str, float]]:
    """Return each attribute's AUC by its own points on validation, strongest first."""
    card = evidence.card
    earned = card.points_by_attribute(card.codes(evidence.rows.columns))
    found = [
        (name, _auc(earned[:, place], evidence.rows.bad))
        for place, name in enumerate(card.attributes)
    ]
    return sorted(found, key=lambda entry: -entry[1])


def _auc(points: np.ndarray[tuple[int, ...], np.dtype[np.int64]], bad: Bools) -> float:
    distinct, place = np.unique(points, return_inverse=True)
    return float(auc(*counts(place, bad, len(distinct))))


_RECENT = Text("用较近的样本重新训练", "train again on more recent rows")


def stability_gates(evidence: Evidence, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts on stability: the points, and the attribute that moved most."""
    yield bounded(
        "POINTS_STABILITY", Measured.exact(evidence.noted.points_psi), limits["points_psi_most"],
        "most", Text("总分 PSI", "PSI of the points"), _RECENT, limits["points_psi_watch"],
    )  # fmt: skip
    shifts = evidence.noted.attribute_psi
    name = max(shifts, key=lambda attribute: shifts[attribute])
    yield bounded(
        "ATTRIBUTE_STABILITY", Measured.exact(shifts[name]), limits["attribute_psi_most"], "most",
        Text(f"变动最大的指标 {name} 的 PSI", f"PSI of {name}, which moved most"),
        Text(f"查明 {name} 为何变动，或不再评分", f"find out why {name} moved, or stop scoring it"),
        limits["attribute_psi_watch"],
    )  # fmt: skip
