"""The file ``policy.yaml`` with checked keys and dates, and its values in force on a day.

A misspelt key in a policy would silently mean "no rule", so every unknown key is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml

from model.errors import ContractError

#: Dated tables, in the order of the file.
TABLES = (
    "trade_margin_percent", "trade_besides_crops", "crops", "grades", "tiers", "review_reasons",
)  # fmt: skip
#: Dated tables that a policy may lack, or have only from a later day on; without them it decides as
#: before there were any.
LATER_TABLES = (
    "evidence_percent", "occupations_without_fields", "exposure_caps_yuan", "consent_purposes",
    "consent_recipients",
)  # fmt: skip
RULES = ("rules", "request_rules")
#: Numbers of a later day: see `LATER_TABLES`.
LATER_NUMBERS = (
    "yield_stress_percent", "price_stress_percent", "unknown_yield_percent",
    "usual_rent_yuan_per_mu", "living_cost_yuan_per_head", "living_cost_counted_percent",
    "unknown_household_heads", "guarantee_share_percent", "limit_months",
    "loss_given_default_percent", "exposure_at_default_percent", "funding_bp", "handling_bp",
    "capital_bp", "interest_elsewhere_percent", "visit_valid_days", "line_months", "draw_months",
    "arrears_stop_days",
)  # fmt: skip
_NUMBER_KEYS = ("unit", "source", "values")
_TABLE_KEYS = ("source", "values")
_RULE_KEYS = ("code", "attribute", "holds", "value", "missing", "outcome", "zh", "en", "source",
              "from")  # fmt: skip
_RULE_OPTIONS = ("until", "unscored", "alone", "detail")
#: Keys whose value is text, at any level.
_TEXTS = ("code", "attribute", "zh", "en", "source", "unit")


@cache
def shipped_policy() -> Mapping[str, Any]:
    """Return the policy shipped with the product, with all its dates."""
    text = resources.files("model.policy").joinpath("policy.yaml").read_text(encoding="utf-8")
    return read_policy_file(text)


def read_policy_file(text: str) -> Mapping[str, Any]:
    """Return the policy in YAML `text`, its keys and dates checked.

    Raises
    ------
    ContractError
        If a key is unknown, missing or repeated, or a date is invalid; the message names the entry.
    """
    try:
        spec = yaml.load(text, _UniqueKeysLoader)
    except yaml.YAMLError as error:
        raise ContractError(f"policy.yaml is not YAML: {error}") from error
    policy = checked_mapping("the file", spec, ("numbers", *TABLES, *RULES), LATER_TABLES)
    numbers = policy["numbers"]
    for name, entry in checked_mapping("numbers", numbers, (), numbers).items():
        _refuse_undated(f"number {name}", entry, _NUMBER_KEYS)
    for name in (*TABLES, *(each for each in LATER_TABLES if each in policy)):
        _refuse_undated(name, policy[name], _TABLE_KEYS)
    for name in RULES:
        _refuse_malformed_rules(name, policy[name])
    return policy


def read_limits_file(text: str, file: str) -> Mapping[str, Any]:
    """Return limits by name from another file of dated numbers, written as in ``policy.yaml``.

    Raises
    ------
    ContractError
        As `read_policy_file` does; the message names `file`.
    """
    try:
        spec = yaml.load(text, _UniqueKeysLoader)
        for name, entry in checked_mapping("the file", spec, (), spec or ()).items():
            _refuse_undated(f"limit {name}", entry, _NUMBER_KEYS)
    except yaml.YAMLError as error:
        raise ContractError(f"{file} is not YAML: {error}") from error
    except ContractError as error:
        raise ContractError(str(error).replace("policy.yaml", file)) from error
    limits: Mapping[str, Any] = spec
    return limits


def limits_in_force(spec: Mapping[str, Any], day: date, file: str) -> dict[str, Any]:
    """Return the limits in force on `day`, as plain JSON values; see `in_force`."""
    try:
        return {name: _dated(name, entry, day) for name, entry in spec.items()}
    except ContractError as error:
        raise ContractError(str(error).replace("policy.yaml", file)) from error


def values_in_force(text: str, file: str, day: date, names: Collection[str]) -> dict[str, Any]:
    """Return the value in force on `day` of each of `names`, which YAML `text` declares exactly.

    Raises
    ------
    ContractError
        If `text` is no limits file, declares other names, or has no value by that day.
    """
    spec = limits_in_force(read_limits_file(text, file), day, file)
    if spec.keys() != set(names):
        differing = ", ".join(sorted(spec.keys() ^ set(names)))
        raise ContractError(f"{file}: unknown or missing: {differing}")
    return {name: entry["value"] for name, entry in spec.items()}


def whole_number(file: str, name: str, value: object, most: int = 1_000_000) -> int:
    """Return `value`, an integer from 0 to `most`.

    Raises
    ------
    ContractError
        If it is none; the message names `file` and `name`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ContractError(f"{file}, {name}: {value!r} is not an integer from 0 to {most}")
    return value


def in_force(spec: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return the parts of `spec` in force on `day`, as plain JSON values.

    A value holds from its own date, that day included, until a later one starts. The result holds
    nothing from the future, not even the known end of a rule, so that a future change leaves past
    digests as they are.

    Raises
    ------
    ContractError
        If a number or table has no value by that day.
    """
    later = tables_in_force(spec, LATER_TABLES, day)
    numbers = {
        name: entry
        for name, entry in spec["numbers"].items()
        if name not in LATER_NUMBERS or _has_begun(entry, day)
    }
    return {
        "numbers": {name: _dated(name, entry, day) for name, entry in numbers.items()},
        **{name: _dated(name, spec[name], day) for name in TABLES},
        **later,
        **{name: _rules_in_force(spec[name], day) for name in RULES},
    }


def tables_in_force(spec: Mapping[str, Any], names: Collection[str], day: date) -> dict[str, Any]:
    """Return those of the later tables `names` that hold on `day`, as plain JSON values."""
    begun = [name for name in names if name in spec and _has_begun(spec[name], day)]
    return {name: _dated(name, spec[name], day) for name in begun}


def checked_mapping(
    where: str, spec: object, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """Return `spec`; refuse it if it is not a mapping, lacks a key, or has an unknown one."""
    if not isinstance(spec, dict):
        raise ContractError(f"policy.yaml, {where}: expected a mapping, found {spec!r}")
    unknown = [key for key in spec if key not in required and key not in optional]
    missing = [key for key in required if key not in spec]
    if unknown or missing:
        raise ContractError(
            f"policy.yaml, {where}: unknown keys {unknown}, missing keys {missing};"
            f" known keys are {', '.join([*required, *optional])}"
        )
    for key in _TEXTS:
        if key in spec and (not isinstance(spec[key], str) or not spec[key].strip()):
            raise ContractError(f"policy.yaml, {where}: {key} must be text")
    return spec


def _refuse_undated(where: str, entry: object, keys: Collection[str]) -> None:
    values = checked_mapping(where, entry, keys)["values"]
    if not isinstance(values, dict) or not values:
        raise ContractError(f"policy.yaml, {where}: values must map dates to values")
    for start in values:
        _refuse_non_date(where, start)


def _refuse_malformed_rules(name: str, rules: object) -> None:
    if not isinstance(rules, list):
        raise ContractError(f"policy.yaml, {name}: expected a list of rules")
    for rule in rules:
        where = f"{name}, {rule.get('code') if isinstance(rule, dict) else rule}"
        checked_mapping(where, rule, _RULE_KEYS, _RULE_OPTIONS)
        _refuse_non_date(where, rule["from"])
        _refuse_non_date(where, rule.get("until", date.max))
        if rule.get("until", date.max) <= rule["from"]:
            raise ContractError(f"policy.yaml, {where}: ends before it starts")


def _refuse_non_date(where: str, value: object) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ContractError(f"policy.yaml, {where}: {value!r} is not a date such as 2023-01-31")


def _has_begun(entry: Mapping[str, Any], day: date) -> bool:
    return bool(min(entry["values"]) <= day)


def _dated(name: str, entry: Mapping[str, Any], day: date) -> dict[str, Any]:
    starts = [start for start in entry["values"] if start <= day]
    if not starts:
        raise ContractError(
            f"policy.yaml: {name} has no value on {day}; the first starts {min(entry['values'])}"
        )
    start = max(starts)
    rest = {key: value for key, value in entry.items() if key != "values"}
    dated: dict[str, Any] = _plain({**rest, "from": start, "value": entry["values"][start]})
    return dated


def _rules_in_force(rules: list[dict[str, Any]], day: date) -> list[Any]:
    active = [rule for rule in rules if rule["from"] <= day < rule.get("until", date.max)]
    return [_plain({k: v for k, v in rule.items() if k != "until"}) for rule in active]


def _plain(value: Any) -> Any:
    """Return `value` with dates as ISO text and mapping keys as text, ready for canonical JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


class _UniqueKeysLoader(yaml.SafeLoader):
    """A safe loader that refuses repeated keys; plain YAML lets a later key replace an earlier."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping of `node`; refuse it if it repeats a key."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = [key for key in keys if keys.count(key) > 1]
        if repeated:
            line = node.start_mark.line + 1
            raise ContractError(f"policy.yaml, line {line}: {repeated[0]} is given twice")
        return super().construct_mapping(node, deep=deep)
