"""Gates on stability: neither points nor attributes may have moved since development."""

from __future__ import annotations

from collections.abc import Iterator

from model.dictionary import Text
from training.gates.evidence import Evidence
from training.gates.verdict_of import Measured, bounded
from training.gates.verdicts import Verdict
from training.limits import Limits

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
