"""Lending policy: dated numbers, tables and knock-out rules, read from ``policy.yaml``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import rfc8785
import yaml

from model.dictionary import Text
from model.errors import ContractError

Operator = Literal["below", "above", "at_least", "at_most"]
#: What a rule does: NONE, at best THIRD, at best SECOND, nothing.
Effect = Literal["decline", "nurture", "refer", "pass"]


@dataclass(frozen=True)
class Rule:
    """One knock-out rule: it matches where ``attribute <holds> value``.

    Attributes
    ----------
    missing : Effect
        What a missing value does; always stated, never implied.
    unscored : bool
        A member it declines is not scored at all (no consent, no score).
    """

    code: str
    attribute: str
    holds: Operator
    value: float
    missing: Effect
    outcome: Effect
    unscored: bool
    text: Text
    source: str


@dataclass(frozen=True)
class Crop:
    """Net income of a mu (yuan a year) and its share by calendar month (percent, 12 entries)."""

    net_yuan_per_mu: int
    market_percent: tuple[int, ...]


@dataclass(frozen=True)
class GradeTerms:
    """What a grade of the master scale pays and may borrow."""

    grade: str
    pd_at_most: float
    spread_bp: int
    cap_yuan: int


@dataclass(frozen=True)
class Policy:
    """The policy in force on one day.

    Attributes
    ----------
    numbers : mapping of str to int
        By name, each in the unit ``policy.yaml`` states.
    tiers : mapping of str to int
        Least points of FIRST and SECOND.
    digest : str
        SHA-256 of everything in force that day: equal digests decide alike.
    """

    on: date
    numbers: Mapping[str, int]
    trade_margin_percent: Mapping[str, int]
    crops: Mapping[str, Crop]
    grades: tuple[GradeTerms, ...]
    tiers: Mapping[str, int]
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
    text = resources.files("model").joinpath("policy.yaml").read_text(encoding="utf-8")
    return read_policy(text, day)


def read_policy(text: str, day: date) -> Policy:
    """Read the policy in YAML `text` as it stands on `day`; see `policy_on`."""
    in_force = _in_force(yaml.safe_load(text), day)
    numbers = {name: entry["value"] for name, entry in in_force["numbers"].items()}
    policy = Policy(
        on=day,
        numbers=numbers,
        trade_margin_percent=in_force["trade_margin_percent"]["value"],
        crops={name: _crop(name, spec) for name, spec in in_force["crops"]["value"].items()},
        grades=tuple(GradeTerms(**spec) for spec in in_force["grades"]["value"]),
        tiers=in_force["tiers"]["value"],
        rules=tuple(_rule(spec, numbers) for spec in in_force["rules"]),
        request_rules=tuple(_rule(spec, numbers) for spec in in_force["request_rules"]),
        in_force=in_force,
        digest=hashlib.sha256(rfc8785.dumps(in_force)).hexdigest(),
    )
    _refuse_contradictions(policy)
    return policy


def _in_force(spec: Mapping[str, Any], day: date) -> dict[str, Any]:
    tables = ("trade_margin_percent", "crops", "grades", "tiers")
    return {
        "numbers": {name: _dated(name, entry, day) for name, entry in spec["numbers"].items()},
        **{name: _dated(name, spec[name], day) for name in tables},
        **{name: _rules_in_force(spec[name], day) for name in ("rules", "request_rules")},
    }


def _dated(name: str, entry: Mapping[str, Any], day: date) -> dict[str, Any]:
    begun = [start for start in entry["values"] if start <= day]
    if not begun:
        raise ContractError(
            f"policy.yaml: {name} has no value on {day}; the first starts {min(entry['values'])}"
        )
    start = max(begun)
    rest = {key: value for key, value in entry.items() if key != "values"}
    dated: dict[str, Any] = _plain({**rest, "from": start, "value": entry["values"][start]})
    return dated


def _rules_in_force(rules: list[dict[str, Any]], day: date) -> list[Any]:
    return [_plain(r) for r in rules if r["from"] <= day < r.get("until", date.max)]


def _plain(value: Any) -> Any:
    """Return `value` with dates as ISO text and mapping keys as text, ready for canonical JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _crop(name: str, spec: Mapping[str, Any]) -> Crop:
    shares = tuple(int(spec["market"].get(str(month), 0)) for month in range(1, 13))
    if sum(shares) != 100:
        raise ContractError(f"policy.yaml, crop {name}: market shares add up to {sum(shares)}")
    return Crop(spec["net_yuan_per_mu"], shares)


def _rule(spec: Mapping[str, Any], numbers: Mapping[str, int]) -> Rule:
    try:
        value = spec["value"]
        rule = Rule(
            code=spec["code"],
            attribute=spec["attribute"],
            holds=spec["holds"],
            value=float(numbers[value] if isinstance(value, str) else value),
            missing=spec["missing"],
            outcome=spec["outcome"],
            unscored=spec.get("unscored", False),
            text=Text(spec["zh"], spec["en"]),
            source=spec["source"],
        )
    except KeyError as error:
        raise ContractError(f"policy.yaml, rule {spec.get('code')}: {error} is missing") from error
    words = {rule.holds: Operator, rule.missing: Effect, rule.outcome: Effect}
    for word, allowed in words.items():
        if word not in get_args(allowed):
            raise ContractError(
                f"policy.yaml, rule {rule.code}: {word!r} is not one of {get_args(allowed)}"
            )
    return rule


def _refuse_contradictions(policy: Policy) -> None:
    codes = [rule.code for rule in (*policy.rules, *policy.request_rules)]
    if len(set(codes)) != len(codes):
        raise ContractError("policy.yaml: two rules in force share a code")
    bands = [grade.pd_at_most for grade in policy.grades]
    if bands != sorted(set(bands)) or bands[-1] != 1.0:
        raise ContractError("policy.yaml: grades must rise in PD and end at 1.0")
    if policy.tiers["FIRST"] <= policy.tiers["SECOND"]:
        raise ContractError("policy.yaml: FIRST must need more points than SECOND")
