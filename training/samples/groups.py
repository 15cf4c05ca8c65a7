"""Protected groups of a sample, for fairness checks; no card scores them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.storage.flat_table import numbers, words
from model.card.bins import Columns, Floats
from model.profile.dictionary import Dictionary, Text
from training.samples.identifiers import is_age, ungrouped_kind

Groups = Mapping[str, NDArray[np.object_]]

#: Profile attributes with protected groups. Occupation and county feed rules and are never scored;
#: townships and villages are too small for rates of their own.
PROTECTED = ("gender", "age_years", "county_code", "occupation")
MISSING = "(missing)"
#: Minimum rows of a group. With 50 rows the 95 % interval of a share is at most ±14 points wide,
#: which can just show a gap of the gates' size; a smaller group shows chance, and may be a person.
MIN_GROUP_ROWS = 50
#: Ages, in completed years, at which the age bands start.
_AGE_BANDS = (30.0, 40.0, 50.0, 60.0)
#: A number with more values than this is grouped by quartiles.
_MAX_VALUES = 8


def member_groups(columns: Columns) -> Groups:
    """Return the groups of member profiles, each of shape (n,)."""
    return {
        name: banded(np.asarray(columns[name], dtype=np.float64), _AGE_BANDS)
        if name == "age_years"
        else _named(np.asarray(columns[name], dtype=object))
        for name in PROTECTED
    }


def table_groups(table: pa.Table, dictionary: Dictionary) -> Groups:
    """Return the groups of a flat table's rows: its columns of role ``audit``.

    Identifiers, dates and amounts form none; `ungrouped` names them.
    """
    left_out = ungrouped(table, dictionary)
    return {
        name: _named(words(table[name]))
        if dictionary[name].type == "text"
        else _by_number(name, numbers(table[name]))
        for name in dictionary.named("audit")
        if name in table.column_names and name not in left_out
    }


def ungrouped(table: pa.Table, dictionary: Dictionary) -> dict[str, Text]:
    """Return why columns of role ``audit`` form no groups, by name."""
    kinds = {
        name: ungrouped_kind(table[name], name)
        for name in dictionary.named("audit")
        if name in table.column_names
    }
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _by_number(name: str, values: Floats) -> NDArray[np.object_]:
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    if len(distinct) <= _MAX_VALUES:
        return _named(np.array([None if np.isnan(v) else f"{v:g}" for v in values], dtype=object))
    cuts = _AGE_BANDS if is_age(name) else np.unique(np.quantile(finite, [0.25, 0.5, 0.75]))
    return banded(values, tuple(float(cut) for cut in cuts))


def banded(values: Floats, cuts: tuple[float, ...]) -> NDArray[np.object_]:
    """Return the band of each value, between `cuts` that each start one."""
    inside = [f"{low:g}–<{high:g}" for low, high in pairwise(cuts)]
    labels = np.array([f"<{cuts[0]:g}", *inside, f"≥{cuts[-1]:g}"], dtype=object)
    group: NDArray[np.object_] = labels[np.searchsorted(cuts, values, side="right")]
    group[np.isnan(values)] = MISSING
    return group


def _named(values: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([MISSING if value is None else str(value) for value in values], dtype=object)
