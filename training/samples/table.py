"""A flat table's rows as a sample: the columns that its dictionary scores, and its target."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.storage.flat_table import Kind, flat_columns, words
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.samples.groups import table_groups
from training.samples.sample import Bools, Sample

#: Unambiguous pairs of values, good then bad; and words that mean bad beside any other value.
_PAIRS = {("0", "1"), ("0.0", "1.0"), ("false", "true"), ("no", "yes"), ("n", "y"), ("否", "是")}
_BAD_WORDS = {"bad", "default", "defaulted", "delinquent", "坏", "违约", "逾期"}


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

    Without `bad_value`, the value whose name means bad (1 beside 0, yes beside no, bad, default)
    is bad, or else the rarer value.

    Raises
    ------
    TrainingError
        If the column is absent, has not exactly two values, or lacks `bad_value`.
    """
    if target not in table.column_names:
        close = difflib.get_close_matches(target, table.column_names, n=3, cutoff=0.4)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise TrainingError(f"the table has no column {target!r}{hint}")
    values = words(table[target])
    known = np.array([value is not None for value in values.tolist()], dtype=bool)
    distinct, counts = np.unique(values[known].astype(str), return_counts=True)
    _refuse_other_than_two(target, distinct.tolist())
    chosen, explanation = _choose_bad_value(
        target, dict(zip(distinct.tolist(), counts.tolist(), strict=True)), bad_value
    )
    return Target(values[known] == chosen, known, chosen, explanation)


def _refuse_other_than_two(target: str, values: list[str]) -> None:
    if len(values) == 1:
        raise TrainingError(
            f"target {target!r} has one class only: every row is {values[0]!r};"
            " a card needs good and bad outcomes"
        )
    if len(values) != 2:
        shown = ", ".join(map(repr, values[:5])) + (" …" if len(values) > 5 else "")
        raise TrainingError(
            f"target {target!r} has {len(values)} different values ({shown or 'all are blank'});"
            " it must have two, good and bad"
        )


def _choose_bad_value(target: str, counts: dict[str, int], given: str | None) -> tuple[str, str]:
    if given is not None:
        if given not in counts:
            raise TrainingError(
                f"target {target!r} never has the value {given!r}; its values are"
                f" {' and '.join(map(repr, counts))}"
            )
        return given, f"{target} = {given} is bad, as stated"
    named = _bad_by_name(sorted(counts, key=str.lower))
    if named:
        return named, f"{target} = {named} is taken as bad, by its name (--bad VALUE to change)"
    rarer = min(counts, key=lambda value: (counts[value], value))
    share = counts[rarer] / sum(counts.values())
    return rarer, (
        f"{target} = {rarer} is taken as bad, the rarer value at {share:.1%}"
        " (--bad VALUE to change)"
    )


def _bad_by_name(values: list[str]) -> str | None:
    if (values[0].lower(), values[1].lower()) in _PAIRS:
        return values[1]
    bad_words = [value for value in values if value.lower() in _BAD_WORDS]
    return bad_words[0] if len(bad_words) == 1 else None


def flat_sample(table: pa.Table, outcome: Target, dictionary: Dictionary, target: str) -> Sample:
    """Return the rows with a known outcome, in file order; every row is another borrower.

    Raises
    ------
    TrainingError
        If the dictionary scores the target, no column, a column that the table lacks, or two
        columns whose reasons would share a code.
    """
    kinds: dict[str, Kind] = {
        name: "text" if dictionary[name].type == "text" else "number"
        for name in dictionary.named("scored")
    }
    if target in kinds:
        raise TrainingError(f"the dictionary scores the target {target!r} itself; remove it there")
    absent = [name for name in kinds if name not in table.column_names]
    if absent:
        raise TrainingError(
            f"the dictionary scores columns the table lacks: {', '.join(absent)};"
            " remove them from the dictionary or give them another role"
        )
    _refuse_equal_codes(kinds)
    if not kinds:
        raise TrainingError("the dictionary scores no column of the table (role: scored)")
    known = table.filter(pa.array(outcome.known))
    rows = np.arange(known.num_rows, dtype=np.int64)
    groups = table_groups(known, dictionary)
    return Sample(flat_columns(known, kinds), outcome.bad, rows, np.zeros_like(rows), groups)


def _refuse_equal_codes(names: Iterable[str]) -> None:
    """Refuse columns whose reasons would share a code: codes are upper case."""
    owner: dict[str, str] = {}
    for name in names:
        for ending in ("", "_MISSING", "_OUT_OF_RANGE"):
            other = owner.setdefault(name.upper() + ending, name)
            if other != name:
                raise TrainingError(
                    f"columns {other!r} and {name!r} would share the reason code"
                    f" {name.upper() + ending}; rename one of them"
                )
