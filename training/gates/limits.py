"""The limits of the gates in force on a day, from ``gates.yaml``."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

from training.limits import Limits, limits_from

FILE = "gates.yaml"
#: Limits that hold for everything, and limits by protected attribute.
NUMBERS = (
    "auc_least", "auc_loss_most", "ece_most", "observed_over_expected_least",
    "observed_over_expected_most", "points_psi_watch", "points_psi_most", "attribute_psi_watch",
    "attribute_psi_most", "rounding_auc_watch", "rounding_auc_most", "attribute_auc_watch",
    "attribute_auc_most", "attribute_lead_watch",
)  # fmt: skip
BY_ATTRIBUTE = (
    "approval_ratio_least", "true_positive_gap_most", "false_positive_gap_most",
    "calibration_gap_most", "proxy_auc_watch", "proxy_auc_most",
)  # fmt: skip


@cache
def limits_on(day: date) -> Limits:
    """Return the shipped limits as they stand on `day`; see `training.limits.limits_from`."""
    text = resources.files("training.gates").joinpath(FILE).read_text(encoding="utf-8")
    return read_limits(text, day)


def read_limits(text: str, day: date) -> Limits:
    """Read the limits in YAML `text` as they stand on `day`."""
    return limits_from(text, FILE, day, NUMBERS, BY_ATTRIBUTE)
