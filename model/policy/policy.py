"""Lending policy: dated numbers, tables and knock-out rules, read from ``policy.yaml``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import Any

import rfc8785

from model.errors import ContractError
from model.policy.consent import consent_terms, terms_by_day
from model.policy.entries import (
    Crop,
    Effect,
    GradeTerms,
    Operator,
    ReviewReason,
    Rule,
    crop_of,
    grade_of,
    integer,
    policy_number,
    review_reason_of,
    rule_of,
)
from model.policy.flaws import (
    flaws_of_caps,
    flaws_of_costs,
    flaws_of_evidence,
    flaws_of_grades,
    flaws_of_lines,
    flaws_of_numbers,
    flaws_of_review_reasons,
    flaws_of_rules,
    flaws_of_tiers,
)
from model.policy.policy_file import (
    RULES,
    checked_mapping,
    in_force,
    read_policy_file,
)
from model.policy.texts import text_of
from model.profile.consent_terms import ConsentTerms, DatedTerms

__all__ = [
    "Crop",
    "Effect",
    "GradeTerms",
    "Operator",
    "Policy",
    "ReviewReason",
    "Rule",
    "dated_consent_terms",
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
    evidence_percent : mapping of str to int
        Share of an income that counts, by its evidence; empty in a policy that does not weigh
        evidence.
    tiers : mapping of str to int
        Minimum points of FIRST and SECOND.
    review_reasons : tuple of ReviewReason
        Reasons with which a reviewer approves or declines.
    occupations_without_fields : tuple of str
        Lines of work in which nobody is told that fields are few or missing.
    exposure_caps_yuan : mapping of str to int
        Most that may be out to a ``household``, to ``related`` persons, to the members of a
        ``cooperative`` and to a ``village``; a group that it does not name has no cap.
    consent_terms : ConsentTerms
        What a decision needs consent to, and whose consent counts.
    in_force : mapping
        All of the above as plain JSON values, with units, sources and dates of effect.
    digest : str
        SHA-256 of `in_force`: policies with equal digests decide alike.
    """

    on: date
    numbers: Mapping[str, int]
    trade_margin_percent: Mapping[str, int]
    trade_besides_crops: tuple[str, ...]
    crops: Mapping[str, Crop]
    evidence_percent: Mapping[str, int]
    grades: tuple[GradeTerms, ...]
    tiers: Mapping[str, int]
    review_reasons: tuple[ReviewReason, ...]
    occupations_without_fields: tuple[str, ...]
    exposure_caps_yuan: Mapping[str, int]
    consent_terms: ConsentTerms
    rules: tuple[Rule, ...]
    request_rules: tuple[Rule, ...]
    in_force: Mapping[str, Any]
    digest: str

    def __getitem__(self, number: str) -> int:
        """Return the number `number`."""
        return self.numbers[number]

    @property
    def weighs_evidence(self) -> bool:
        """Whether income counts by its evidence, line by line; older policies count labourers."""
        return bool(self.evidence_percent)

    @property
    def prices_costs(self) -> bool:
        """Whether a rate must cover what the loan costs; older policies price by grade alone."""
        return "loss_given_default_percent" in self.numbers

    @property
    def has_lines(self) -> bool:
        """Whether there are lines of credit, and a draw lasts until it is repaid on record."""
        return "line_months" in self.numbers

    @cached_property
    def read_by_rules(self) -> frozenset[str]:
        """The columns that rules match, or name in a detail."""
        every = (*self.rules, *self.request_rules)
        return frozenset(name for rule in every for name in (rule.attribute, *rule.told))

    @cached_property
    def notes(self) -> frozenset[str]:
        """Codes of the rules that are told and have no other effect."""
        return frozenset(rule.code for rule in self.rules if rule.outcome == "note")

    def rule(self, code: str) -> Rule:
        """Return the rule with `code`."""
        return next(rule for rule in (*self.rules, *self.request_rules) if rule.code == code)


def policy_on(day: date) -> Policy:
    """Return the policy of the home, or the one shipped, in force on `day`.

    Raises
    ------
    ContractError
        If a number has no value by that day, or the file contradicts itself; the message names it.
    """
    return _policy_of(text_of("policy.yaml"), day)


@cache
def _policy_of(text: str, day: date) -> Policy:
    return _policy(_file_of(text), day)


@lru_cache(maxsize=8)
def _file_of(text: str) -> Mapping[str, Any]:
    return read_policy_file(text)


def dated_consent_terms() -> DatedTerms:
    """Return what the policy in use asks of consents, by the day from which it does.

    Raises
    ------
    ContractError
        If the file is malformed.
    """
    return terms_by_day(_file_of(text_of("policy.yaml")))


def read_policy(text: str, day: date) -> Policy:
    """Return the policy in YAML `text` in force on `day`; see `policy_on`."""
    return _policy(read_policy_file(text), day)


def stored_policy(payload: bytes, day: date) -> Policy:
    """Return the policy whose `in_force` is stored as canonical JSON, to repeat a decision.

    Parameters
    ----------
    day
        The day on which it was in force, which the stored JSON does not hold.

    Raises
    ------
    ContractError
        If `payload` does not have the form of a policy.
    """
    try:
        return _parse_policy(json.loads(payload), day)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContractError("this version cannot read the form of the stored policy") from error


def _policy(spec: Mapping[str, Any], day: date) -> Policy:
    policy = _parse_policy(in_force(spec, day), day)
    # A number may outlive the rule that names it, so include the rules of all dates.
    _refuse_contradictions(policy, {str(rule["value"]) for name in RULES for rule in spec[name]})
    return policy


def _parse_policy(entries: Mapping[str, Any], day: date) -> Policy:
    numbers = {
        name: policy_number(name, entry["value"]) for name, entry in entries["numbers"].items()
    }
    return Policy(
        on=day,
        numbers=numbers,
        trade_margin_percent=_integers(entries, "trade_margin_percent", 100),
        trade_besides_crops=_names(entries, "trade_besides_crops"),
        crops={name: crop_of(name, spec) for name, spec in _table(entries, "crops").items()},
        evidence_percent=_integers(entries, "evidence_percent", 100)
        if "evidence_percent" in entries
        else {},
        grades=tuple(grade_of(spec) for spec in entries["grades"]["value"]),
        tiers=_integers(entries, "tiers", 10_000),
        review_reasons=tuple(review_reason_of(spec) for spec in entries["review_reasons"]["value"]),
        occupations_without_fields=_names_if_any(entries, "occupations_without_fields"),
        exposure_caps_yuan=_integers(entries, "exposure_caps_yuan", 10**9)
        if "exposure_caps_yuan" in entries
        else {},
        consent_terms=consent_terms(entries),
        rules=tuple(rule_of(spec, numbers) for spec in entries["rules"]),
        request_rules=tuple(rule_of(spec, numbers) for spec in entries["request_rules"]),
        in_force=entries,
        digest=hashlib.sha256(rfc8785.dumps(entries)).hexdigest(),
    )


def _refuse_contradictions(policy: Policy, named: set[str]) -> None:
    flaws = [
        *flaws_of_numbers(policy.numbers, named),
        *flaws_of_evidence(policy.numbers, policy.evidence_percent),
        *flaws_of_costs(policy.numbers),
        *flaws_of_lines(policy.numbers),
        *flaws_of_caps(policy.exposure_caps_yuan),
        *flaws_of_grades(policy.grades),
        *flaws_of_tiers(policy.tiers),
        *flaws_of_review_reasons(policy.review_reasons),
        *flaws_of_rules(policy.rules, policy.request_rules),
    ]
    if flaws:
        raise ContractError(f"policy.yaml on {policy.on}: {'; '.join(flaws)}")


def _table(entries: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entries[name]["value"]
    return checked_mapping(name, value, (), value if isinstance(value, dict) else ())


def _integers(entries: Mapping[str, Any], name: str, maximum: int) -> Mapping[str, int]:
    values = _table(entries, name).items()
    return {key: integer(f"{name}, {key}", value, 0, maximum) for key, value in values}


def _names(entries: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = entries[name]["value"]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ContractError(f"policy.yaml, {name}: expected a list of names")
    return tuple(value)


def _names_if_any(entries: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return _names(entries, name) if name in entries else ()
