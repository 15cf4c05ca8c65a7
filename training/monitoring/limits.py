"""The limits of monitoring in force on a day, from ``limits.yaml``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import rfc8785

from model.errors import ContractError
from model.policy_file import limits_in_force, read_limits_file

FILE = "limits.yaml"
NAMES = (
    "recent_months", "least_recent_loans", "points_psi_watch", "points_psi_act",
    "attribute_psi_watch", "attribute_psi_act", "missing_rise_watch", "out_of_range_watch",
    "fallen_grades_watch", "actual_over_expected_low_watch", "actual_over_expected_watch",
    "actual_over_expected_act", "place_over_expected_watch", "early_over_expected_watch",
)  # fmt: skip


@dataclass(frozen=True)
class MonitoringLimits:
    """The limits in force on one day.

    Attributes
    ----------
    in_force : mapping
        Value, unit, source and date of effect by name.
    digest : str
        SHA-256 of `in_force`.
    """

    on: date
    in_force: Mapping[str, Any]
    digest: str

    def __getitem__(self, name: str) -> float:
        """Return the limit called `name`."""
        return float(self.in_force[name]["value"])


@cache
def monitoring_limits(day: date) -> MonitoringLimits:
    """Return the shipped limits as they stand on `day`.

    Raises
    ------
    ContractError
        If one has no value by that day, is missing, unknown, or no number above 0.
    """
    text = resources.files("training.monitoring").joinpath(FILE).read_text(encoding="utf-8")
    return read_limits(text, day)


def read_limits(text: str, day: date) -> MonitoringLimits:
    """Read the limits in YAML `text` as they stand on `day`; see `monitoring_limits`."""
    held = limits_in_force(read_limits_file(text, FILE), day, FILE)
    odd = sorted(set(held) ^ set(NAMES))
    if odd:
        raise ContractError(f"{FILE}: {', '.join(odd)} is unknown or missing")
    for name, entry in held.items():
        value = entry["value"]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ContractError(f"{FILE}, {name}: {value!r} is not a number above 0")
    return MonitoringLimits(day, held, hashlib.sha256(rfc8785.dumps(held)).hexdigest())
