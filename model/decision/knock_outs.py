"""Knock-outs: rules that decline, hold back or refer a member whatever the points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.policy.policy import Effect, Operator, Rule

Flags = NDArray[np.bool_]

#: From mild to severe; the index is the severity.
SEVERITY: tuple[Effect, ...] = ("pass", "note", "refer", "nurture", "decline")

#: Whether a rule holds for a value below, equal to and above its own.
_HOLDS: dict[Operator, tuple[bool, bool, bool]] = {
    "below": (True, False, False),
    "at_most": (True, True, False),
    "at_least": (False, True, True),
    "above": (False, False, True),
}


@dataclass(frozen=True)
class KnockOuts:
    """The rules that matched each row.

    Attributes
    ----------
    codes : tuple of str
        Codes of the rules, in policy order.
    matched : Flags
        Shape (n, rules).
    severity : Ints
        Shape (n,), index into `SEVERITY` of the worst match.
    unscored : Flags
        Shape (n,): rows that must not be scored.
    alone : Flags
        Shape (n,): rows of which a rule is told alone, so that no other rule matches them.
    """

    codes: tuple[str, ...]
    matched: Flags
    severity: Ints
    unscored: Flags
    alone: Flags

    def without(self, rows: Flags) -> KnockOuts:
        """Return the same with no match of `rows`, shape (n,)."""
        matched = self.matched & ~rows[:, None]
        return replace(self, matched=matched, severity=np.where(rows, 0, self.severity))

    def codes_of(self, row: int) -> tuple[str, ...]:
        """Return the codes that matched `row`, in policy order."""
        return tuple(self.codes[i] for i in np.flatnonzero(self.matched[row]))

    def codes_by_row(self) -> list[tuple[str, ...]]:
        """Return the matched codes of every row; most rows share one empty tuple."""
        codes: list[tuple[str, ...]] = [()] * len(self.matched)
        for row in np.flatnonzero(self.matched.any(axis=1)):
            codes[row] = self.codes_of(int(row))
        return codes


def knock_outs(rules: Sequence[Rule], columns: Columns) -> KnockOuts:
    """Match every rule against every row of `columns`.

    Raises
    ------
    KeyError
        If `columns` lacks an attribute that a rule reads.
    """
    table = _table_of(rules)
    values = np.empty((len(rules), len(next(iter(columns.values())))))
    for index, rule in enumerate(rules):
        values[index] = columns[rule.attribute]
    effects = _effects(table, values).T
    alone = np.asarray(((effects > 0) & table.alone).any(axis=1))
    effects = np.where(alone[:, None] & ~table.alone, 0, effects)
    matched = effects > 0
    return KnockOuts(
        codes=table.codes,
        matched=matched,
        severity=effects.max(axis=1, initial=0),
        unscored=np.asarray((matched & table.unscored).any(axis=1)),
        alone=alone,
    )


@dataclass(frozen=True)
class _Table:
    """Rules as arrays of shape (rules, 1), so that a few array steps match all of them."""

    codes: tuple[str, ...]
    value: Floats
    holds: tuple[Flags, Flags, Flags]
    outcome: Ints
    missing: Ints
    unscored: Flags
    alone: Flags


#: Tables by the identity of each of their rules, which is cheaper than hashing every rule and holds
#: for a selection of rules that a caller makes anew. An entry holds the rules themselves, so that
#: their identity cannot be reused while it is cached.
_CACHE: dict[tuple[int, ...], tuple[tuple[Rule, ...], _Table]] = {}
_MAX_CACHED = 256


def _table_of(rules: Sequence[Rule]) -> _Table:
    key = tuple(map(id, rules))
    cached = _CACHE.get(key)
    if cached is None:
        if len(_CACHE) >= _MAX_CACHED:
            _CACHE.clear()
        cached = _CACHE[key] = tuple(rules), _table(rules)
    return cached[1]


def _table(rules: Sequence[Rule]) -> _Table:
    below, equal, above = (
        np.array([_HOLDS[rule.holds] for rule in rules], dtype=bool).reshape(-1, 3).T[:, :, None]
    )
    return _Table(
        codes=tuple(rule.code for rule in rules),
        value=np.array([[rule.value] for rule in rules]).reshape(-1, 1),
        holds=(below, equal, above),
        outcome=_severities(rule.outcome for rule in rules),
        missing=_severities(rule.missing for rule in rules),
        unscored=np.array([rule.unscored for rule in rules], dtype=bool),
        alone=np.array([rule.alone for rule in rules], dtype=bool),
    )


def _severities(effects: Iterable[Effect]) -> Ints:
    return np.array([SEVERITY.index(effect) for effect in effects], dtype=np.int64)[:, None]


def _effects(table: _Table, values: Floats) -> Ints:
    below, equal, above = table.holds
    holds = (
        (below & (values < table.value))
        | (equal & (values == table.value))
        | (above & (values > table.value))
    )
    effects: Ints = np.where(np.isnan(values), table.missing, np.where(holds, table.outcome, 0))
    return effects
