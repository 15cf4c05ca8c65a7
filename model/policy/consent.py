"""What the policy asks of consents, from its tables ``consent_purposes`` and ``..._recipients``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.errors import ContractError
from model.policy.policy_file import tables_in_force
from model.profile.consent_terms import (
    ALWAYS_FIRST,
    FIRST_TERMS,
    PURPOSES,
    RECIPIENTS,
    ConsentTerms,
    DatedTerms,
)

_PURPOSES, _RECIPIENTS = TABLES = ("consent_purposes", "consent_recipients")


def consent_terms(entries: Mapping[str, Any]) -> ConsentTerms:
    """Return the terms among the `entries` in force on a day; those of old for older policies.

    Raises
    ------
    ContractError
        If a list is empty or names what no consent has.
    """
    return ConsentTerms(
        _names(entries, _PURPOSES, PURPOSES) or FIRST_TERMS.purposes,
        _names(entries, _RECIPIENTS, RECIPIENTS) or FIRST_TERMS.recipients,
    )


def terms_by_day(spec: Mapping[str, Any]) -> DatedTerms:
    """Return the terms of a policy file by the day from which they hold, oldest first."""
    found = list(ALWAYS_FIRST)
    for day in sorted({start for name in TABLES for start in spec.get(name, _NONE)["values"]}):
        terms = consent_terms(tables_in_force(spec, TABLES, day))
        if terms != found[-1][1]:
            found.append((day, terms))
    return tuple(found)


_NONE: Mapping[str, Any] = {"values": {}}


def _names(entries: Mapping[str, Any], table: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if table not in entries:
        return ()
    names = entries[table]["value"]
    if not isinstance(names, list) or not names or not set(names) <= set(known):
        raise ContractError(
            f"policy.yaml, {table}: expected a list of {', '.join(known)}, found {names!r}"
        )
    return tuple(names)
