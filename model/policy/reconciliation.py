"""How payments are compared with the bank's loans, as dated data of ``reconciliation.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from model.errors import ContractError
from model.policy.policy_file import read_limits_file, values_in_force, whole_number
from model.policy.texts import shipped_text, text_of

FILE = "reconciliation.yaml"
_MOST_DAYS = 366


@dataclass(frozen=True)
class ReconciliationLimits:
    """The numbers in force on one day.

    Attributes
    ----------
    book_since : date
        From this day on the ledger holds every payment: the bank's loan without one is told.
    books_lag_days : int
        Days within which what happened stands in the bank's books.
    tolerance_days : int
        Days between a payment and the bank's loan, and of arrears, that make no difference.
    tolerance_yuan : int
        Yuan between the two figures that make no difference.
    """

    book_since: date
    books_lag_days: int
    tolerance_days: int
    tolerance_yuan: int


def reconciliation_limits_on(day: date) -> ReconciliationLimits:
    """Return the numbers in force on `day`.

    Raises
    ------
    ContractError
        If one has no value by that day, or an invalid one; the message names it.
    """
    return read_reconciliation_limits(text_of(FILE), day)


@lru_cache(maxsize=64)
def read_reconciliation_limits(text: str, day: date) -> ReconciliationLimits:
    """Return the numbers in YAML `text` in force on `day`; see `reconciliation_limits_on`."""
    values = values_in_force(text, FILE, day, ReconciliationLimits.__dataclass_fields__)
    return ReconciliationLimits(
        _day(values["book_since"]),
        whole_number(FILE, "books_lag_days", values["books_lag_days"], _MOST_DAYS),
        whole_number(FILE, "tolerance_days", values["tolerance_days"], _MOST_DAYS),
        whole_number(FILE, "tolerance_yuan", values["tolerance_yuan"]),
    )


def shipped_reconciliation() -> Mapping[str, Any]:
    """Return the numbers shipped with the product, with all their dates."""
    return read_limits_file(shipped_text(FILE), FILE)


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ContractError(f"{FILE}, book_since: {value!r} is not a day") from error
