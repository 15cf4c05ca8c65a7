"""Dated limits with unit and source, read like policy: of gates and of monitoring alike."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import rfc8785

from model.errors import ContractError
from model.policy.policy_file import limits_in_force, read_limits_file

DEFAULT = "default"
_MOST = 1_000.0


@dataclass(frozen=True)
class Limits:
    """The limits of one file in force on one day.

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
        return float(values.get(attribute, values[DEFAULT]))


def limits_from(
    text: str, file: str, day: date, numbers: Collection[str], by_attribute: Collection[str] = ()
) -> Limits:
    """Read the limits in YAML `text` as they stand on `day`.

    Parameters
    ----------
    file : str
        Its name, for messages.
    numbers, by_attribute : collection of str
        The names that hold one number, and those that hold one by attribute and a default.

    Raises
    ------
    ContractError
        If one has no value by `day`, is missing, unknown, or no number from 0 to 1,000.
    """
    held = limits_in_force(read_limits_file(text, file), day, file)
    if odd := sorted(set(held) ^ {*numbers, *by_attribute}):
        raise ContractError(f"{file}: {', '.join(odd)} is unknown or missing")
    for name in numbers:
        _refuse_no_number(f"{file}, {name}", held[name]["value"])
    for name in by_attribute:
        values = held[name]["value"]
        if not isinstance(values, dict) or DEFAULT not in values:
            raise ContractError(f"{file}, {name}: give a value by attribute, and a default")
        for attribute, value in values.items():
            _refuse_no_number(f"{file}, {name}, {attribute}", value)
    return Limits(day, held, hashlib.sha256(rfc8785.dumps(held)).hexdigest())


def _refuse_no_number(where: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise ContractError(f"{where}: {value!r} is not a number from 0 to {_MOST:,.0f}")
