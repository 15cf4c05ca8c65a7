"""Protected groups of a sample, in words: what fairness is checked by and nothing is scored by."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.storage.flat_table import numbers, words
from model.card.bins import Columns, Floats
from model.profile.dictionary import Dictionary

Groups = Mapping[str, NDArray[np.object_]]

#: Profile attributes that a member is checked by. Occupation and county feed rules and are never
#: scored; township and village are too small for a rate of their own.
PROTECTED = ("gender", "age_years", "county_code", "occupation")
MISSING = "(missing)"
#: Completed years at which the bands of an age begin.
_AGE_BANDS = (30.0, 40.0, 50.0, 60.0)
#: A number with more values than this is checked by quarters.
_MOST_VALUES = 8


def member_groups(columns: Columns) -> Groups:
    """Return the groups of member profiles, each of shape (n,)."""
    return {
        name: _banded(np.asarray(columns[name], dtype=np.float64), _AGE_BANDS)
        if name == "age_years"
        else _named(np.asarray(columns[name], dtype=object))
        for name in PROTECTED
    }


def table_groups(table: pa.Table, dictionary: Dictionary) -> Groups:
    """Return the groups of a flat table's rows: its columns of role ``audit``."""
    return {
        name: _named(words(table[name]))
        if dictionary[name].type == "text"
        else _by_number(name, numbers(table[name]))
        for name in dictionary.named("audit")
        if name in table.column_names
    }


def _by_number(name: str, values: Floats) -> NDArray[np.object_]:
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    if len(distinct) <= _MOST_VALUES:
        return _named(np.array([None if np.isnan(v) else f"{v:g}" for v in values], dtype=object))
    age = "age" in name.lower().split("_") or "年龄" in name
    cuts = _AGE_BANDS if age else np.unique(np.quantile(finite, [0.25, 0.5, 0.75]))
    return _banded(values, tuple(float(cut) for cut in cuts))


def _banded(values: Floats, cuts: tuple[float, ...]) -> NDArray[np.object_]:
    inside = [f"{low:g}–<{high:g}" for low, high in pairwise(cuts)]
    labels = np.array([f"<{cuts[0]:g}", *inside, f"≥{cuts[-1]:g}"], dtype=object)
    found: NDArray[np.object_] = labels[np.searchsorted(cuts, values, side="right")]
    found[np.isnan(values)] = MISSING
    return found


def _named(values: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([MISSING if value is None else str(value) for value in values], dtype=object)
