"""The limits of monitoring in force on a day, from ``limits.yaml``."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

from training.limits import Limits, limits_from

FILE = "limits.yaml"
NAMES = (
    "recent_months", "least_recent_loans", "points_psi_watch", "points_psi_act",
    "attribute_psi_watch", "attribute_psi_act", "missing_rise_watch", "out_of_range_watch",
    "fallen_grades_watch", "actual_over_expected_low_watch", "actual_over_expected_watch",
    "actual_over_expected_act", "place_over_expected_watch", "early_over_expected_watch",
)  # fmt: skip


@cache
def monitoring_limits(day: date) -> Limits:
    """Return the shipped limits as they stand on `day`; see `training.limits.limits_from`."""
    text = resources.files("training.monitoring").joinpath(FILE).read_text(encoding="utf-8")
    return read_limits(text, day)


def read_limits(text: str, day: date) -> Limits:
    """Read the limits in YAML `text` as they stand on `day`."""
    return limits_from(text, FILE, day, NAMES)
