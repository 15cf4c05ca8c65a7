"""Lending policy: dated numbers, tables and knock-out rules, read from ``policy.yaml``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import rfc8785

from model.errors import ContractError
from model.policy.entries import (
    Crop,
    Effect,
    GradeTerms,
    Operator,
    ReviewReason,
    Rule,
    bounded,
    crop_of,
    flaws_of_grades,
    flaws_of_numbers,
    flaws_of_review_reasons,
    flaws_of_rules,
    flaws_of_tiers,
    grade_of,
    review_reason_of,
    rule_of,
    whole,
)
from model.policy.policy_file import (
    RULES,
    checked_mapping,
    in_force,
    read_policy_file,
    shipped_policy,
)

__all__ = [
    "Crop",
    "Effect",
    "GradeTerms",
    "Operator",
    "Policy",
    "ReviewReason",
    "Rule",
    "policy_on",
    "read_policy",
]


@dataclass(frozen=True)
class Policy:
    """The policy in force on one day.

    Attributes
    ----------
    numbers : mapping of str to int
        By name, each in the unit ``policy.yaml`` states.
    trade_margin_percent : mapping of str to int
        Share of turnover that is income, by occupation.
    trade_besides_crops : tuple of str
        Occupations whose turnover is not the sale of their own crops.
    grades : tuple of GradeTerms
        From the least risk to the most; the last takes every PD.
    tiers : mapping of str to int
        Least points of FIRST and SECOND.
    review_reasons : tuple of ReviewReason
        Why a person may approve or decline.
    in_force : mapping
        All of the above as plain JSON values, with units, sources and dates of effect.
    digest : str
        SHA-256 of `in_force`: equal digests decide alike.
    """

    on: date
    numbers: Mapping[str, int]
    trade_margin_percent: Mapping[str, int]
    trade_besides_crops: tuple[str, ...]
    crops: Mapping[str, Crop]
    grades: tuple[GradeTerms, ...]
    tiers: Mapping[str, int]
    review_reasons: tuple[ReviewReason, ...]
    rules: tuple[Rule, ...]
    request_rules: tuple[Rule, ...]
    in_force: Mapping[str, Any]
    digest: str

    def __getitem__(self, number: str) -> int:
        """Return a number by name."""
        return self.numbers[number]

    def rule(self, code: str) -> Rule:
        """Return the rule with `code`."""
        return next(rule for rule in (*self.rules, *self.request_rules) if rule.code == code)


@cache
def policy_on(day: date) -> Policy:
    """Return the shipped policy as it stands on `day`.

    Raises
    ------
    ContractError
        If a number has no value by that day, or the file contradicts itself; the entry is named.
    """
    return _policy(shipped_policy(), day)


def read_policy(text: str, day: date) -> Policy:
    """Read the policy in YAML `text` as it stands on `day`; see `policy_on`."""
    return _policy(read_policy_file(text), day)


def stored_policy(payload: bytes, day: date) -> Policy:
    """Return the policy whose `in_force` was stored as canonical JSON, to decide as it did then.

    Parameters
    ----------
    day
        The day it was in force on; it is not part of what is stored.

    Raises
    ------
    ContractError
        If `payload` is no policy of this form.
    """
    try:
        return _policy_in(json.loads(payload), day)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContractError("the stored policy is not of a form this version can read") from error


def _policy(spec: Mapping[str, Any], day: date) -> Policy:
    policy = _policy_in(in_force(spec, day), day)
    # A number may outlive the rule that names it, so rules of all dates are asked.
    _refuse_contradictions(policy, {str(rule["value"]) for name in RULES for rule in spec[name]})
    return policy


def _policy_in(held: Mapping[str, Any], day: date) -> Policy:
    numbers = {name: bounded(name, entry["value"]) for name, entry in held["numbers"].items()}
    return Policy(
        on=day,
        numbers=numbers,
        trade_margin_percent=_whole_by_name(held, "trade_margin_percent", 100),
        trade_besides_crops=_names(held, "trade_besides_crops"),
        crops={name: crop_of(name, spec) for name, spec in _table(held, "crops").items()},
        grades=tuple(grade_of(spec) for spec in held["grades"]["value"]),
        tiers=_whole_by_name(held, "tiers", 10_000),
        review_reasons=tuple(review_reason_of(spec) for spec in held["review_reasons"]["value"]),
        rules=tuple(rule_of(spec, numbers) for spec in held["rules"]),
        request_rules=tuple(rule_of(spec, numbers) for spec in held["request_rules"]),
        in_force=held,
        digest=hashlib.sha256(rfc8785.dumps(held)).hexdigest(),
    )


def _refuse_contradictions(policy: Policy, named: set[str]) -> None:
    flaws = [
        *flaws_of_numbers(policy.numbers, named),
        *flaws_of_grades(policy.grades),
        *flaws_of_tiers(policy.tiers),
        *flaws_of_review_reasons(policy.review_reasons),
        *flaws_of_rules(policy.rules, policy.request_rules),
    ]
    if flaws:
        raise ContractError(f"policy.yaml on {policy.on}: {'; '.join(flaws)}")


def _table(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = held[name]["value"]
    return checked_mapping(name, value, (), value if isinstance(value, dict) else ())


def _whole_by_name(held: Mapping[str, Any], name: str, most: int) -> Mapping[str, int]:
    entries = _table(held, name).items()
    return {key: whole(f"{name}, {key}", value, 0, most) for key, value in entries}


def _names(held: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = held[name]["value"]
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ContractError(f"policy.yaml, {name}: expected a list of names")
    return tuple(value)
