"""Verdicts of the promotion gates: measured values judged against the limits in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from model.profile.dictionary import Text
from training.measures.evaluate import Interval
from training.samples.limits import LimitsFile

GATE_LIMITS = LimitsFile(
    "gates.yaml",
    numbers=(
        "auc_least", "auc_loss_most", "ece_most", "observed_over_expected_least",
        "observed_over_expected_most", "points_psi_watch", "points_psi_most",
        "attribute_psi_watch", "rounding_auc_watch", "rounding_auc_most",
        "refit_auc_loss_most", "refit_points_most",
        "attribute_range_watch", "attribute_auc_watch", "attribute_auc_most",
        "attribute_lead_watch",
        "auc_drop_most", "gain_on_one_attribute_least", "gain_on_one_attribute_watch",
    ),
    by_attribute=(
        "approval_ratio_least", "offer_ratio_least", "offer_ratio_watch",
        "true_positive_gap_most", "false_positive_gap_most",
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
        The judged value and the limit that decided; None where the gate is not a number.
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


_SIDES = {
    "most": (Text("至多", "at most"), Text("高于", "above")),
    "least": (Text("至少", "at least"), Text("低于", "below")),
}
_WHOLE_INTERVAL = Text("；整个区间超出限值", "; the whole interval lies beyond the limit")
_VALUE_ALONE = Text(
    "；数值超出限值，区间未超出，可能出于偶然",
    "; the value lies beyond the limit, its interval does not, so chance could explain it",
)


def judge_limit(
    gate: str,
    measured: Interval,
    limit: float,
    side: Side,
    what: Text,
    remedy: Text,
    watch: float | None = None,
    digits: int = 4,
) -> Verdict:
    """Return the verdict on `what`, `measured` against `limit`; see `status`.

    The finding shows the value with its interval, and each limit. The verdict's limit is the one
    that decided: `watch` for a value that lies beyond it alone.
    """
    found = status(measured, limit, side, watch)
    within, beyond = _SIDES[side]
    more = _why(found, measured, limit, side)
    watched = Text("", "")
    if watch is not None:
        watched = Text(f"，{beyond.zh} {watch:g} 提请注意", f", flagged if {beyond.en} {watch:g}")
    shown = measured.shown(digits)
    finding = Text(
        f"{what.zh}：{shown}，限值{within.zh} {limit:g}{watched.zh}{more.zh}",
        f"{what.en}: {shown}, limit {within.en} {limit:g}{watched.en}{more.en}",
    )
    is_watched = watch is not None and found == "flag" and not more.zh
    return Verdict(gate, found, measured.value, watch if is_watched else limit, finding, remedy)


def _why(found: Status, measured: Interval, limit: float, side: Side) -> Text:
    """Return why a gate fails or flags where the value alone does not show it."""
    is_beyond = measured.value > limit if side == "most" else measured.value < limit
    if measured.low == measured.high or not is_beyond:
        return Text("", "")
    return _WHOLE_INTERVAL if found == "fail" else _VALUE_ALONE


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


def judge_watch(
    gate: str, measured: Interval, watch: float, side: Side, what: Text, remedy: Text
) -> Verdict:
    """Return the verdict of a gate that only flags: the approver reviews a value beyond `watch`."""
    found = status(measured, float("inf") if side == "most" else float("-inf"), side, watch)
    _, beyond = _SIDES[side]
    shown = measured.shown(4)
    finding = Text(
        f"{what.zh}：{shown}，{beyond.zh} {watch:g} 提请注意",
        f"{what.en}: {shown}, flagged if {beyond.en} {watch:g}",
    )
    return Verdict(gate, found, measured.value, watch, finding, remedy)


def judge_condition(gate: str, is_met: bool, finding: Text, remedy: Text) -> Verdict:
    """Return the verdict of a gate that is a condition, not a number."""
    return Verdict(gate, "pass" if is_met else "fail", None, None, finding, remedy)


def not_applicable(gate: str, reason: Text) -> Verdict:
    """Return the verdict of a gate that does not apply, for `reason`."""
    return Verdict(gate, "none", None, None, reason, Text("", ""))
