"""What the law keeps of a person who is erased, as dated data read from ``retention.yaml``.

Personal information is deleted on request unless a law's time has not passed; until then it is
stored and nothing else is done with it (个人信息保护法, article 47).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from model.archive.tables import archive_tables
from model.errors import ContractError
from model.policy.policy_file import read_limits_file, values_in_force, whole_number
from model.policy.texts import shipped_text, text_of

FILE = "retention.yaml"


@dataclass(frozen=True)
class Retention:
    """What is kept in force on one day.

    Attributes
    ----------
    kept_tables : tuple of str
        Tables of which a customer's rows are kept.
    customer_tables : tuple of str
        Who has a row in one of these is or was a customer of the bank.
    kept_years : int
        Years after the last record.
    """

    kept_tables: tuple[str, ...]
    customer_tables: tuple[str, ...]
    kept_years: int

    def kept(self, tables: Collection[str]) -> tuple[str, ...]:
        """Return which of a person's `tables` the law keeps; none of one who was no customer."""
        is_customer = any(name in tables for name in self.customer_tables)
        return tuple(name for name in self.kept_tables if is_customer and name in tables)

    def until(self, last_day: date) -> date:
        """Return the day on which nothing is kept any more, after a last record of `last_day`."""
        year = last_day.year + self.kept_years
        is_leap_day = (last_day.month, last_day.day) == (2, 29)
        return date(year, 3, 1) if is_leap_day else last_day.replace(year=year)


def retention_on(day: date) -> Retention:
    """Return what is kept in force on `day`.

    Raises
    ------
    ContractError
        If a value is missing by that day or invalid; the message names it.
    """
    return read_retention(text_of(FILE), day)


@lru_cache(maxsize=64)
def read_retention(text: str, day: date) -> Retention:
    """Return what YAML `text` keeps in force on `day`; see `retention_on`."""
    values = values_in_force(text, FILE, day, Retention.__dataclass_fields__)
    return Retention(
        _tables("kept_tables", values),
        _tables("customer_tables", values),
        whole_number(FILE, "kept_years", values["kept_years"], most=100),
    )


def shipped_retention() -> Mapping[str, Any]:
    """Return what is kept as shipped with the product, with all its dates."""
    return read_limits_file(shipped_text(FILE), FILE)


def _tables(name: str, values: dict[str, Any]) -> tuple[str, ...]:
    tables = values[name]
    if not isinstance(tables, list) or not set(tables) <= archive_tables().keys():
        raise ContractError(f"{FILE}, {name}: expected a list of tables of the archive")
    return tuple(tables)
