"""Gates on leaks: an attribute too good to be true was written down after the outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.dictionary import Text
from training.discrimination import auc
from training.gates.evidence import Evidence
from training.gates.verdict_of import Measured, bounded
from training.gates.verdicts import Status, Verdict
from training.limits import Limits
from training.sample import Bools
from training.woe import counts


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
