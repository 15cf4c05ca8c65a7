"""Verdicts of the promotion gates: measured values judged against the limits in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from model.profile.dictionary import Text
from training.measures.evaluate import Interval
from training.samples.limits import LimitsFile

GATE_LIMITS = LimitsFile(
    "training.gates",
    "gates.yaml",
    numbers=(
        "auc_least", "auc_loss_most", "ece_most", "observed_over_expected_least",
        "observed_over_expected_most", "points_psi_watch", "points_psi_most",
        "attribute_psi_watch", "attribute_psi_most", "rounding_auc_watch", "rounding_auc_most",
        "attribute_auc_watch", "attribute_auc_most", "attribute_lead_watch",
    ),
    by_attribute=(
        "approval_ratio_least", "true_positive_gap_most", "false_positive_gap_most",
        "calibration_gap_most", "proxy_auc_watch", "proxy_auc_most",
    ),
)  # fmt: skip

#: ``fail`` stops a promotion; ``flag`` is shown to the approver; ``none``: the gate does not apply.
Status = Literal["pass", "flag", "fail", "none"]
Side = Literal["most", "least"]


@dataclass(frozen=True)
class Verdict:
    """The verdict of one gate.

    Attributes
    ----------
    gate : str
        Stable code, such as ``AUC_AGAINST_CHAMPION``.
    value, limit : float or None
        The measured value and its limit; None where the gate is not a number.
    finding, remedy : Text
        What was found, and what to do now. `finding` is written to JSON as ``told``.
    """

    gate: str
    status: Status
    value: float | None
    limit: float | None
    finding: Text
    remedy: Text


@dataclass(frozen=True)
class GateVerdicts:
    """The verdicts of all gates on one challenger beside one champion.

    Attributes
    ----------
    card_digest, limits_digest : str
        SHA-256 of the judged card and of the limits in force.
    champion_digest : str or None
        None: no card was in use.
    judged_on : str
        ISO date whose limits were in force.
    sample : str
        Name of the sample that the card was judged on.
    """

    card_digest: str
    champion_digest: str | None
    limits_digest: str
    judged_on: str
    sample: str
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Gates that stop the promotion."""
        return tuple(v for v in self.verdicts if v.status == "fail")

    @property
    def flagged(self) -> tuple[Verdict, ...]:
        """Gates that the approver must review."""
        return tuple(v for v in self.verdicts if v.status == "flag")

    @property
    def passed(self) -> bool:
        """Whether the card may replace the champion."""
        return not self.failed


def json_fields(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dataclass's fields by their JSON keys; a ``dict_factory`` for `asdict`.

    The formats of gates.json and monitoring.json call a `finding` ``told``.
    """
    return {"told" if name == "finding" else name: value for name, value in fields}


def judge_limit(
    gate: str,
    measured: Interval,
    limit: float,
    side: Side,
    what: Text,
    remedy: Text,
    watch: float | None = None,
) -> Verdict:
    """Return the verdict on `what`, `measured` against `limit`; see `status`."""
    zh, en = {"most": ("至多", "at most"), "least": ("至少", "at least")}[side]
    finding = Text(
        f"{what.zh}：{measured}，限值{zh} {limit:g}",
        f"{what.en}: {measured}, limit {en} {limit:g}",
    )
    found = status(measured, limit, side, watch)
    return Verdict(gate, found, measured.value, limit, finding, remedy)


def status(measured: Interval, limit: float, side: Side, watch: float | None = None) -> Status:
    """Return ``fail`` if the whole interval lies beyond `limit`, ``flag`` if the value does.

    With a `watch`, a value beyond it is flagged too.
    """
    sign = 1.0 if side == "most" else -1.0
    nearest = min(sign * measured.low, sign * measured.high)
    if nearest > sign * limit:
        return "fail"
    beyond = sign * limit if watch is None else min(sign * watch, sign * limit)
    return "flag" if sign * measured.value > beyond else "pass"


def judge_condition(gate: str, is_met: bool, finding: Text, remedy: Text) -> Verdict:
    """Return the verdict of a gate that is a condition, not a number."""
    return Verdict(gate, "pass" if is_met else "fail", None, None, finding, remedy)


def not_applicable(gate: str, reason: Text) -> Verdict:
    """Return the verdict of a gate that does not apply, for `reason`."""
    return Verdict(gate, "none", None, None, reason, Text("", ""))
