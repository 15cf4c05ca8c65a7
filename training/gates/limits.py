"""The limits of the gates in force on a day, from ``gates.yaml``."""

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
_DEFAULT = "default"


@dataclass(frozen=True)
class Limits:
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

    def of(self, name: str, attribute: str) -> float:
        """Return the limit called `name` for a protected `attribute`."""
        values = self.in_force[name]["value"]
        return float(values.get(attribute, values[_DEFAULT]))


@cache
def limits_on(day: date) -> Limits:
    """Return the shipped limits as they stand on `day`.

    Raises
    ------
    ContractError
        If one has no value by that day, is missing, unknown, or no number.
    """
    text = resources.files("training.gates").joinpath(FILE).read_text(encoding="utf-8")
    return read_limits(text, day)


def read_limits(text: str, day: date) -> Limits:
    """Read the limits in YAML `text` as they stand on `day`; see `limits_on`."""
    held = limits_in_force(read_limits_file(text, FILE), day, FILE)
    if set(held) != {*NUMBERS, *BY_ATTRIBUTE}:
        odd = sorted(set(held) ^ {*NUMBERS, *BY_ATTRIBUTE})
        raise ContractError(f"{FILE}: {', '.join(odd)} is unknown or missing")
    for name in NUMBERS:
        _refuse_no_number(name, held[name]["value"])
    for name in BY_ATTRIBUTE:
        values = held[name]["value"]
        if not isinstance(values, dict) or _DEFAULT not in values:
            raise ContractError(f"{FILE}, {name}: give a value by attribute, and a default")
        for attribute, value in values.items():
            _refuse_no_number(f"{name}, {attribute}", value)
    return Limits(day, held, hashlib.sha256(rfc8785.dumps(held)).hexdigest())


def _refuse_no_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise ContractError(f"{FILE}, {name}: {value!r} is not a number from 0 to 10")
