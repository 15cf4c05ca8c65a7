"""Knock-outs: hard rules that decline, hold back or refer whatever the points; all that match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.policy import Effect, Rule
from model.scorecard import Columns, Floats, Ints

Flags = NDArray[np.bool_]

#: From mild to severe; the position is the severity.
SEVERITY: tuple[Effect, ...] = ("pass", "refer", "nurture", "decline")

_OPERATORS: dict[str, Callable[[Floats, float], Flags]] = {
    "below": lambda values, bound: values < bound,
    "above": lambda values, bound: values > bound,
    "at_least": lambda values, bound: values >= bound,
    "at_most": lambda values, bound: values <= bound,
}


@dataclass(frozen=True)
class KnockOuts:
    """Which rules matched which rows.

    Attributes
    ----------
    codes : tuple of str
        Codes of the rules, in policy order.
    matched : Flags
        Shape (n, rules).
    severity : Ints
        Shape (n,), index into `SEVERITY` of the worst match.
    unscored : Flags
        Shape (n,): rows that may not be scored at all.
    """

    codes: tuple[str, ...]
    matched: Flags
    severity: Ints
    unscored: Flags

    def codes_of(self, row: int) -> tuple[str, ...]:
        """Return the codes that matched `row`, in policy order."""
        return tuple(self.codes[i] for i in np.flatnonzero(self.matched[row]))

    def codes_by_row(self) -> list[tuple[str, ...]]:
        """Return the matched codes of every row; most rows share one empty tuple."""
        found: list[tuple[str, ...]] = [()] * len(self.matched)
        for row in np.flatnonzero(self.matched.any(axis=1)):
            found[row] = self.codes_of(int(row))
        return found


def knock_outs(rules: Sequence[Rule], columns: Columns) -> KnockOuts:
    """Match every rule against every row of `columns`.

    Raises
    ------
    KeyError
        If `columns` lacks an attribute that a rule reads.
    """
    effects = np.zeros((len(next(iter(columns.values()))), len(rules)), dtype=np.int64)
    for place, rule in enumerate(rules):
        effects[:, place] = _effect(rule, columns[rule.attribute])
    matched = effects > 0
    silences = np.array([rule.unscored for rule in rules], dtype=bool)
    return KnockOuts(
        codes=tuple(rule.code for rule in rules),
        matched=matched,
        severity=effects.max(axis=1, initial=0),
        unscored=(matched & silences).any(axis=1),
    )


def _effect(rule: Rule, column: Floats | NDArray[np.object_]) -> Ints:
    values = np.asarray(column, dtype=np.float64)
    outcome, missing = SEVERITY.index(rule.outcome), SEVERITY.index(rule.missing)
    holds = _OPERATORS[rule.holds](values, rule.value)
    return np.where(np.isnan(values), missing, np.where(holds, outcome, 0)).astype(np.int64)
