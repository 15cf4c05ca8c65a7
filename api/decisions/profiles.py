"""The profile behind a decision as the ledger keeps it.

Exact values are sealed with the person's key, which erasure destroys. Beside them stand coarse bins
that stay. A decision without consent looks at no value, and stores none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from api.editions.edition import Edition, Profile
from api.ledger.chain import encode_json
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from model.decision.consent import CONSENT_IN_FORCE
from model.decision.decision import Decision
from model.errors import LedgerError, RongziError
from model.policy.policy import Policy

#: Years of an age that share a bin. Amounts share a bin by their number of digits.
_AGE_YEARS = 10
_AGE, _AMOUNTS = "age_years", ("net_sales_12m", "balance_outstanding")
BY_CONSENT_ALONE = "by_consent_alone"
_ERASED: tuple[Kind, ...] = ("ERASED",)


class ProfileErasedError(RongziError):
    """The exact profile behind a decision was destroyed at the person's request."""


def without_values(profile: Profile, edition: Edition) -> Profile:
    """Return the profile of a person without consent: no value but that there is no consent."""
    numbers = np.full(len(profile.numbers), math.nan)
    numbers[edition.numbers.index(CONSENT_IN_FORCE)] = 0.0
    return replace(profile, numbers=numbers, texts=dict.fromkeys(profile.texts))


def by_consent_alone(decision: Decision, policy: Policy) -> Decision:
    """Return the decision on a person without consent: consent is its only ground.

    Other rules would match because values are missing, and would say nothing about the person.
    """
    codes = {rule.code for rule in policy.rules if rule.attribute == CONSENT_IN_FORCE}
    grounds = tuple(each for each in decision.knock_outs if each.code in codes)
    return replace(decision, reasons=(), knock_outs=grounds)


def has_consent(profile: Profile, edition: Edition) -> bool:
    """Return whether consent is in force in `profile`."""
    return bool(profile.numbers[edition.numbers.index(CONSENT_IN_FORCE)] == 1.0)


def seal_profile(
    view: View, subject_id: str, decision_id: str, exact: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of an entry that hold the profile `exact`, from `profile_to_json`."""
    text = encode_json(exact)
    key, sealed = view.identities.keys.seal(subject_id, text, decision_id)
    return {"profile_sealed": sealed, "person_key": key, "profile_bins": _bins(exact["numbers"])}


def stored_profile(view: View, entry: Entry) -> Mapping[str, Any]:
    """Return the exact profile behind the decision in `entry`.

    Raises
    ------
    ProfileErasedError
        If the person was erased.
    LedgerError
        If it was altered, or its key is missing although nobody was erased.
    """
    body = entry.body
    if "profile" in body:
        plain: Mapping[str, Any] = body["profile"]
        return plain
    keys = view.identities.keys
    opened = keys.open(entry.subject_id, body["profile_sealed"], str(entry.decision_id))
    if opened is not None:
        found: Mapping[str, Any] = json.loads(opened)
        return found
    if view.entries_of_subject(entry.subject_id, _ERASED):
        raise ProfileErasedError(
            f"entry {entry.seq}: the person was erased on request, and the exact profile with the"
            " key that opened it; outcome, grounds and coarse bins remain in the ledger"
        )
    raise LedgerError(
        f"entry {entry.seq}: the key of its profile is missing, and nobody was erased; restore"
        " table person_keys from backup"
    )


def _bins(numbers: Mapping[str, Any]) -> dict[str, str | None]:
    """Return coarse bins: too wide to find a person by, enough to say what kind of case it was."""
    age = numbers.get(_AGE)
    bins: dict[str, str | None] = {_AGE: None}
    if isinstance(age, int | float):
        first = int(age // _AGE_YEARS) * _AGE_YEARS
        bins[_AGE] = f"{first}-{first + _AGE_YEARS - 1}"
    return bins | {name: _digits(numbers.get(name)) for name in _AMOUNTS}


def _digits(amount: object) -> str | None:
    if not isinstance(amount, int | float):
        return None
    if amount < 1:
        return "0"
    power = 10 ** int(math.log10(amount))
    return f"{power}-{10 * power - 1}"
