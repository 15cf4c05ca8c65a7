"""A flat table's rows as a sample: the columns its dictionary scores, and the outcome."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from data.flat_table import Kind, flat_columns
from model.dictionary import Dictionary
from model.errors import TrainingError
from training.fairness.groups import table_groups
from training.sample import Sample
from training.target import Target


def flat_sample(table: pa.Table, outcome: Target, dictionary: Dictionary, target: str) -> Sample:
    """Return the rows with a known outcome, in file order; every row is a borrower of its own.

    Raises
    ------
    TrainingError
        If the dictionary scores the target, nothing, or a column the table lacks, or two columns
        whose reasons would share a code.
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
    """Refuse columns whose reasons would carry the same code: codes are upper case."""
    owner: dict[str, str] = {}
    for name in names:
        for ending in ("", "_MISSING", "_OUT_OF_RANGE"):
            other = owner.setdefault(name.upper() + ending, name)
            if other != name:
                raise TrainingError(
                    f"columns {other!r} and {name!r} would share the reason code"
                    f" {name.upper() + ending}; rename one of them"
                )
