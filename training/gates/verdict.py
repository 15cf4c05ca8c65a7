"""From a measured value and its interval to pass, flag or fail.

The limits of the gates in force on a day, from ``gates.yaml``.

What the gates said of a challenger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.profile.dictionary import Text
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

#: ``fail`` stops a promotion; ``flag`` is told to the approver; ``none``: nothing to judge.
Status = Literal["pass", "flag", "fail", "none"]


@dataclass(frozen=True)
class Verdict:
    """One gate's answer.

    Attributes
    ----------
    gate : str
        Stable code, such as ``AUC_AGAINST_CHAMPION``.
    value, limit : float or None
        What was measured and what policy allows; None where the gate is not a number.
    told, remedy : Text
        What was found, and what to do now.
    """

    gate: str
    status: Status
    value: float | None
    limit: float | None
    told: Text
    remedy: Text


@dataclass(frozen=True)
class GateVerdicts:
    """All gates of one challenger against one champion.

    Attributes
    ----------
    card_digest, limits_digest : str
        SHA-256 of the judged card and of the limits in force.
    champion_digest : str or None
        None: no card was in use.
    judged_on : str
        ISO date whose limits held.
    sample : str
        Name of the sample it was judged on.
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
        """Gates that a person must look at."""
        return tuple(v for v in self.verdicts if v.status == "flag")

    @property
    def passed(self) -> bool:
        """Whether the card may replace the champion."""
        return not self.failed


Side = Literal["most", "least"]


@dataclass(frozen=True)
class Measured:
    """A value with the ends of its interval; equal to it where there is none."""

    value: float
    low: float
    high: float

    @staticmethod
    def exact(value: float) -> Measured:
        """Return a value that chance does not blur."""
        return Measured(value, value, value)

    @property
    def told(self) -> str:
        """The value, and its interval if it has one, for the reader."""
        if self.low == self.high:
            return f"{self.value:z.4f}"
        return f"{self.value:z.4f} ({self.low:z.4f} – {self.high:z.4f})"


def status(found: Measured, limit: float, side: Side, watch: float | None = None) -> Status:
    """Return ``fail`` if the whole interval lies beyond `limit`, ``flag`` if the value does.

    With a `watch`, a value beyond it is flagged too.
    """
    sign = 1.0 if side == "most" else -1.0
    nearest = min(sign * found.low, sign * found.high)
    if nearest > sign * limit:
        return "fail"
    beyond = sign * limit if watch is None else min(sign * watch, sign * limit)
    return "flag" if sign * found.value > beyond else "pass"


def bounded(
    gate: str,
    found: Measured,
    limit: float,
    side: Side,
    what: Text,
    remedy: Text,
    watch: float | None = None,
) -> Verdict:
    """Return the verdict on `what`, measured as `found`, against `limit`."""
    word = {"most": ("至多", "at most"), "least": ("至少", "at least")}[side]
    told = Text(
        f"{what.zh}：{found.told}，限值{word[0]} {limit:g}",
        f"{what.en}: {found.told}, limit {word[1]} {limit:g}",
    )
    return Verdict(gate, status(found, limit, side, watch), found.value, limit, told, remedy)


def yes_or_no(gate: str, holds: bool, told: Text, remedy: Text) -> Verdict:
    """Return the verdict of a gate that is no number."""
    return Verdict(gate, "pass" if holds else "fail", None, None, told, remedy)


def nothing_to_judge(gate: str, told: Text) -> Verdict:
    """Return the verdict where the gate does not apply; `told` says why."""
    return Verdict(gate, "none", None, None, told, Text("", ""))
