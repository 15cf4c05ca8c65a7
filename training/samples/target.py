"""The target of a flat table: which rows have an outcome, and which of its values is bad.

The bad value is never guessed against the evidence: an inverted target makes a card that ranks well
and lends to the wrong people. What names and shares leave open must be stated.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from data.storage.flat_table import words
from data.storage.numerals import NO_NUMBER
from model.errors import TrainingError
from training.samples.identifiers import identifier_kind
from training.samples.sample import Bools

Meaning = Literal["bad", "good"]

#: Pairs of values, good then bad, by a convention that holds under any name of the column.
_NUMBERED = {("0", "1"), ("0.0", "1.0"), ("false", "true")}
#: Pairs whose meaning depends on the question that the column's name asks.
_ANSWERS = {("no", "yes"), ("n", "y"), ("否", "是")}
_NEGATION = re.compile(r"\b(not?|non|never|without)\b[\s_-]*|[未没无非](有|曾|发生)?|不(?!良)|从未")
_BAD = re.compile(
    r"\bbads?\b|default|delinq|charge[ds]?[\s_-]*off|write[\s_-]*off|written[\s_-]*off|overdue"
    r"|past[\s_-]*due|\blate\b|arrears|unpaid|违约|逾期|坏|不良|拖欠|欠款"
)
_GOOD = re.compile(
    r"\bgoods?\b|(?<!un)paid|repaid|\bcurrent\b|performing|\bok\b|normal|approved|accepted|settled"
    r"|正常|良好|^好|好[户客]|结清|还清|已还|履约|按时|按期|通过"
)


@dataclass(frozen=True)
class Target:
    """The outcome of a flat table.

    Attributes
    ----------
    bad : array of bool
        Shape (rows with a target,).
    known : array of bool
        Shape (rows,): rows that have a target.
    explanation : str
        Which value is bad, and why, for the reader.
    """

    bad: Bools
    known: Bools
    bad_value: str
    explanation: str


def find_target(table: pa.Table, target: str, bad_value: str | None) -> Target:
    """Return the outcome in column `target`.

    Without `bad_value`, the value whose name means bad (1 beside 0, bad, default) is bad, or else
    the rarer value. Blanks are missing, and so are ``NA`` and its like beside two other values.

    Raises
    ------
    TrainingError
        If the column is absent, has not exactly two values, or lacks `bad_value`; or if nothing
        is stated and neither names nor shares make clear which value is bad.
    """
    if target not in table.column_names:
        close = difflib.get_close_matches(target, table.column_names, n=3, cutoff=0.4)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise TrainingError(f"the table has no column {target!r}{hint}")
    values = words(table[target])
    missing = {None} | _missing_spellings(set(values.tolist()), bad_value)
    known = np.array([value not in missing for value in values.tolist()], dtype=bool)
    distinct, counts = np.unique(values[known].astype(str), return_counts=True)
    _refuse_other_than_two(table, target, distinct.tolist())
    chosen, explanation = _choose_bad_value(
        target, dict(zip(distinct.tolist(), counts.tolist(), strict=True)), bad_value
    )
    return Target(values[known] == chosen, known, chosen, explanation)


def _missing_spellings(values: set[str | None], stated: str | None) -> set[str]:
    """Return the spellings of "no value"; of two values, "none" beside "late" is one of them."""
    present = {value for value in values if value is not None}
    blanks = {value for value in present if value.lower() in NO_NUMBER and value != stated}
    named = blanks - {value for value in blanks if value.lower() == "none"}
    return blanks if len(present - blanks) >= 2 else named


def _refuse_other_than_two(table: pa.Table, target: str, values: list[str]) -> None:
    if len(values) == 1:
        raise TrainingError(
            f"target {target!r} has one class only: every row is {values[0]!r};"
            " a card needs good and bad outcomes"
        )
    if len(values) != 2:
        shown = _shown(table, target, values)
        raise TrainingError(
            f"target {target!r} has {len(values)} different values ({shown})"
            "; it must have two, good and bad"
        )


def _shown(table: pa.Table, target: str, values: list[str]) -> str:
    """Return some of `values`, or what they are if they identify people."""
    if kind := identifier_kind(table[target], target):
        return kind.en
    return ", ".join(map(repr, values[:5])) + (" …" if len(values) > 5 else "") or "all are blank"


def _choose_bad_value(target: str, counts: Mapping[str, int], given: str | None) -> tuple[str, str]:
    if given is not None:
        if given not in counts:
            raise TrainingError(
                f"target {target!r} never has the value {given!r}; its values are"
                f" {' and '.join(map(repr, counts))}"
            )
        return given, (f"{target} = {given} 为不良，按指定 · {target} = {given} is bad, as stated")
    if named := _bad_by_its_word(counts):
        return named, (
            f"{target} = {named} 按其名称视为不良 · {target} = {named} is taken as bad, by its name"
            " (--bad VALUE to change)"
        )
    chosen, why = _bad_by_convention(target, counts)
    share = counts[chosen] / sum(counts.values())
    if 2 * counts[chosen] > sum(counts.values()):
        _ask(target, counts, f"{chosen} would be bad {why}, but it is the more frequent value")
    how = f"the rarer value at {share:.1%}" if why == _RARER else why
    return chosen, (
        f"{target} = {chosen} 视为不良 · {target} = {chosen} is taken as bad, {how}"
        " (--bad VALUE to change)"
    )


_RARER = "as the rarer value"


def _bad_by_its_word(counts: Mapping[str, int]) -> str | None:
    bad = [value for value in counts if _meaning(value) == "bad"]
    return bad[0] if len(bad) == 1 else None


def _bad_by_convention(target: str, counts: Mapping[str, int]) -> tuple[str, str]:
    """Return the value that is bad if it is not the more frequent one, and why."""
    low, high = sorted(counts, key=str.lower)
    pair, asked = (low.lower(), high.lower()), _meaning(target)
    if any(_meaning(value) for value in counts):
        _ask(target, counts, "a value's name means good, and none means bad alone")
    if asked == "good":
        _ask(target, counts, "the column's name means good")
    if pair in _NUMBERED:
        return high, "by its name"
    if pair in _ANSWERS:
        if asked != "bad":
            _ask(target, counts, f"the column's name does not say what {high} answers")
        return high, "by its name"
    rarer = min(counts, key=lambda value: (counts[value], value))
    if 2 * counts[rarer] == sum(counts.values()):
        _ask(target, counts, "both are equally frequent")
    return rarer, _RARER


def _ask(target: str, counts: Mapping[str, int], why: str) -> None:
    rows = sum(counts.values())
    shares = " and ".join(f"{value!r} ({count / rows:.1%})" for value, count in counts.items())
    raise TrainingError(
        f"target {target!r} has the values {shares}, and it is not clear which is bad: {why};"
        " state it with --bad VALUE"
    )


def _meaning(text: str) -> Meaning | None:
    """Return what the words of `text` say; None for nothing, or for both."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text).lower()
    bare, negations = _NEGATION.subn("", plain)
    is_bad, is_good = bool(_BAD.search(bare)), bool(_GOOD.search(bare))
    if is_bad == is_good:
        return None
    if negations:
        # "Not overdue" is good; "not settled" may only be not due.
        return "good" if is_bad else None
    return "bad" if is_bad else "good"
