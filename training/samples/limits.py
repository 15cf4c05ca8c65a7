"""Dated limits with unit and source, read like policy, for gates and for monitoring."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import rfc8785

from model.errors import ContractError
from model.policy.policy_file import limits_in_force, read_limits_file
from model.policy.texts import text_of

DEFAULT = "default"
_MAX_LIMIT = 1_000.0


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


@dataclass(frozen=True)
class LimitsFile:
    """A file of dated limits, as shipped or as the home adopted it.

    Attributes
    ----------
    name : str
        Its name; messages give it.
    numbers, by_attribute : tuple of str
        Names of the limits with one number, and of those with a number by attribute and a default.
    """

    name: str
    numbers: tuple[str, ...]
    by_attribute: tuple[str, ...] = ()

    def on(self, day: date) -> Limits:
        """Return the limits in force on `day`; see `read`."""
        return _read(self, self.text(), day)

    def text(self) -> str:
        """Return the text in use."""
        return text_of(self.name)

    def read(self, text: str, day: date) -> Limits:
        """Read the limits in YAML `text` that are in force on `day`.

        Raises
        ------
        ContractError
            If a limit has no value by `day`, is missing, unknown, or no number from 0 to 1,000.
        """
        in_force = limits_in_force(read_limits_file(text, self.name), day, self.name)
        if odd := sorted(set(in_force) ^ {*self.numbers, *self.by_attribute}):
            raise ContractError(f"{self.name}: {', '.join(odd)} is unknown or missing")
        for name in self.numbers:
            _refuse_no_number(f"{self.name}, {name}", in_force[name]["value"])
        for name in self.by_attribute:
            values = in_force[name]["value"]
            if not isinstance(values, dict) or DEFAULT not in values:
                raise ContractError(
                    f"{self.name}, {name}: give a value by attribute, and a default"
                )
            for attribute, value in values.items():
                _refuse_no_number(f"{self.name}, {name}, {attribute}", value)
        return Limits(day, in_force, hashlib.sha256(rfc8785.dumps(in_force)).hexdigest())


@cache
def _read(file: LimitsFile, text: str, day: date) -> Limits:
    return file.read(text, day)


def _refuse_no_number(where: str, value: object) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= _MAX_LIMIT
    ):
        raise ContractError(f"{where}: {value!r} is not a number from 0 to {_MAX_LIMIT:,.0f}")
