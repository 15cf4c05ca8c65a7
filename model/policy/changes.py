"""What changes from one dated text to another, and whether a value that was in force was edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from model.errors import ContractError
from model.policy.policy_file import (
    RULES,
    in_force,
    limits_in_force,
    read_limits_file,
    read_policy_file,
)

POLICY = "policy.yaml"


@dataclass(frozen=True)
class Changed:
    """One entry that differs on one day; None where it is absent."""

    entry: str
    on: date
    before: Any
    after: Any


def changes_between(file: str, before: str, after: str) -> Iterator[Changed]:
    """Yield each entry that differs, on the first day on which it differs, by day and entry.

    Raises
    ------
    ContractError
        If one of the texts is not of the form of `file`.
    """
    old, new = _read(file, before), _read(file, after)
    state: dict[str, tuple[Any, Any]] = {}
    for day in sorted({*_dates(old), *_dates(new)}):
        then, now = _entries(file, old, day), _entries(file, new, day)
        for entry in sorted(then.keys() | now.keys()):
            pair = then.get(entry), now.get(entry)
            if pair[0] != pair[1] and state.get(entry) != pair:
                yield Changed(entry, day, *pair)
            state[entry] = pair


def refuse_edited_past(file: str, before: str, after: str, today: date) -> None:
    """Refuse a text that gives a day before `today` another value than it had.

    Raises
    ------
    ContractError
        Naming the entries; past decisions replay, so a value that was in force is never edited.
    """
    edited = [each for each in changes_between(file, before, after) if each.on < today]
    if edited:
        listed = ", ".join(f"{each.entry} on {each.on}" for each in edited[:5])
        raise ContractError(
            f"{file}: was in force before today, {today}, and is changed: {listed}; add a value"
            " with a later date instead"
        )


def days_of_change(file: str, text: str) -> list[date]:
    """Return every day on which a value of `text` begins or ends, oldest first."""
    return sorted(_dates(_read(file, text)))


def _read(file: str, text: str) -> Mapping[str, Any]:
    return read_policy_file(text) if file == POLICY else read_limits_file(text, file)


def _dates(spec: Any) -> set[date]:
    if isinstance(spec, date):
        return {spec}
    if isinstance(spec, Mapping):
        return {day for pair in spec.items() for each in pair for day in _dates(each)}
    return {day for each in spec for day in _dates(each)} if isinstance(spec, list) else set()


def entries_on(file: str, text: str, day: date) -> dict[str, Any]:
    """Return the entries of `text` in force on `day` by name; none before its first day."""
    return _entries(file, _read(file, text), day)


def _entries(file: str, spec: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return the entries in force on `day` by name; none before the first has a value."""
    try:
        if file != POLICY:
            return limits_in_force(spec, day, file)
        found = in_force(spec, day)
    except ContractError:
        return {}
    numbers: dict[str, Any] = found.pop("numbers")
    rules = {f"rule {rule['code']}": rule for name in RULES for rule in found.pop(name)}
    return {**numbers, **rules, **found}
