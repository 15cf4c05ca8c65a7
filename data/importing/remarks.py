"""Remarks: what was changed in the cells of rows that are stored, by column and code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from model.archive.tables import Column

#: A word outside an open column's choices was kept; a blank cell was read from the id number.
WORD_KEPT, FROM_ID_NUMBER = "WORD_KEPT", "FROM_ID_NUMBER"
#: A date before birth, of the household and not of the member, became the birth date, or blank.
SINCE_BIRTH, BLANK_BEFORE_BIRTH = "SINCE_BIRTH", "BLANK_BEFORE_BIRTH"
#: Flaws that concern the value alone. Any other flaw says that the cell or the file was damaged, so
#: a lenient column does not hide it.
_FLAWS_OF_A_VALUE = frozenset((
    "UNKNOWN_CHOICE", "NOT_A_PHONE", "NOT_A_NUMBER", "NOT_A_WHOLE_NUMBER", "NUMBER_DIGITS_LOST",
    "ID_DIGITS_LOST", "UNKNOWN_UNIT", "NEGATIVE_NUMBER", "OUT_OF_RANGE",
))  # fmt: skip
#: Column → code → number of cells.
RemarkCounts: TypeAlias = Mapping[str, Mapping[str, int]]
Bools = npt.NDArray[np.bool_]


class Remark(NamedTuple):
    """A code, the column concerned, and the rows that have it, shape (n,)."""

    code: str
    column: str
    rows: Bools


def is_forgiven(column: Column, code: str) -> bool:
    """Return whether flaw `code` costs the value of a lenient `column` and not its row."""
    return column.lenient and code in _FLAWS_OF_A_VALUE


def count_remarks(remarks: Sequence[Remark], is_stored: Bools) -> RemarkCounts:
    """Count the remarks on stored rows by column and code."""
    counts: dict[str, dict[str, int]] = {}
    for remark in remarks:
        if number := int(np.count_nonzero(remark.rows & is_stored)):
            counts.setdefault(remark.column, {})[remark.code] = number
    return counts


def add_remarks(counts: Iterable[RemarkCounts]) -> RemarkCounts:
    """Return the sum of `counts`, columns and codes in the order in which they appear."""
    total: dict[str, Counter[str]] = {}
    for each in counts:
        for column, codes in each.items():
            total.setdefault(column, Counter()).update(codes)
    return {column: dict(codes) for column, codes in total.items()}
