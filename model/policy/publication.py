"""Limits of publication: an edition's age, and what changes only by a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from model.errors import ContractError
from model.policy.policy_file import values_in_force, whole_number
from model.policy.texts import text_of

FILE = "publication.yaml"

#: What the age of an edition means for a question: nothing, a person decides, no decision.
Freshness = Literal["fresh", "referred", "refused"]


@dataclass(frozen=True)
class PublicationLimits:
    """The limits in force on one day; `publication.yaml` states the unit of each.

    Attributes
    ----------
    freshest_within_days : mapping of str to int
        Days that the newest event of a table may lie before the as-of date.
    """

    referred_edition_days: int
    refused_edition_days: int
    most_first_share_points: int
    most_turnover_percent: int
    most_missing_points: int
    most_points_shift: int
    most_members_percent: int
    freshest_within_days: Mapping[str, int]

    def freshness(self, age_days: int) -> Freshness:
        """Return what an edition of `age_days` may still be used for."""
        if age_days > self.refused_edition_days:
            return "refused"
        return "referred" if age_days > self.referred_edition_days else "fresh"


def publication_limits_on(day: date) -> PublicationLimits:
    """Return the limits in force on `day`.

    Raises
    ------
    ContractError
        If a limit has no value by that day, or an invalid one; the message names it.
    """
    return read_publication_limits(text_of(FILE), day)


@lru_cache(maxsize=64)
def read_publication_limits(text: str, day: date) -> PublicationLimits:
    """Return the limits in YAML `text` in force on `day`; see `publication_limits_on`."""
    values = values_in_force(text, FILE, day, PublicationLimits.__dataclass_fields__)
    tables = values.pop("freshest_within_days")
    if not isinstance(tables, dict):
        raise ContractError(f"{FILE}, freshest_within_days: expected days by table")
    numbers = {name: whole_number(FILE, name, value) for name, value in values.items()}
    if numbers["referred_edition_days"] > numbers["refused_edition_days"]:
        raise ContractError(f"{FILE}: referred_edition_days is above refused_edition_days")
    days = {table: whole_number(FILE, f"table {table}", value) for table, value in tables.items()}
    return PublicationLimits(**numbers, freshest_within_days=days)
