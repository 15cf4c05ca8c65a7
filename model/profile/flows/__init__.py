"""The attributes of a member's profile by flow, one function each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from model.profile.flows import (
    accounts,
    applications,
    capital,
    commerce,
    consents,
    cooperative,
    harvests,
    household,
    identity,
    incomes,
    information,
    instalments,
    land,
    loans,
    logistics,
    repayments,
)
from model.profile.flows.formula import Formula

_FLOWS = (
    commerce, logistics, capital, applications, repayments, loans, instalments, accounts, incomes,
    land, harvests, information, identity, household, cooperative, consents,
)  # fmt: skip


@cache
def formulas() -> Mapping[str, Formula]:
    """Return every attribute's formula by name."""
    declared = [value for flow in _FLOWS for value in vars(flow).values()]
    return {value.name: value for value in declared if isinstance(value, Formula)}
