"""What an analyst has in memory (pandas, Arrow, numpy) as a flat table with a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import validate_data

from data.storage.flat_table import words
from model.card.bins import Floats

#: What a target without a name is called, as in scikit-learn.
UNNAMED_TARGET = "y"


def table_of(estimator: Any, X: Any, *, reset: bool) -> pa.Table:  # noqa: N803
    """Return the rows of `X` as an Arrow table whose columns the estimator knows by name.

    With `reset` the estimator learns number and names of the columns; without, they must be those
    that it learned. A numpy array has the columns ``x0``, ``x1`` and so on.

    Raises
    ------
    ValueError, TypeError
        If `X` is not two-dimensional, has no rows, or has other columns; as scikit-learn's.
    """
    if isinstance(X, pd.DataFrame):
        return _named(estimator, _from_pandas(X), X, reset)
    if _is_arrow(X):
        table = pa.table(X)
        return _named(estimator, table, table.slice(0, 0).to_pandas(), reset)
    values = validate_data(
        estimator,
        X,
        reset=reset,
        dtype=None,
        ensure_all_finite="allow-nan" if _is_float(X) else False,
    )
    columns = [_column(values[:, place]) for place in range(values.shape[1])]
    return pa.Table.from_arrays(columns, names=_names(estimator, len(columns)))


def _named(estimator: Any, table: pa.Table, frame: pd.DataFrame, reset: bool) -> pa.Table:
    validate_data(estimator, frame, skip_check_array=True, reset=reset)
    if not table.num_rows:
        raise ValueError(f"0 sample(s) (shape={table.shape}): a minimum of 1 is required")
    return table.rename_columns(_names(estimator, table.num_columns))


@dataclass(frozen=True)
class Labels:
    """A target with its two classes.

    Attributes
    ----------
    classes : array
        Shape (2,), sorted.
    words : list of str
        The classes as a table spells them.
    codes : array of int
        Shape (n,): each row's class.
    """

    name: str
    classes: NDArray[Any]
    words: list[str]
    codes: NDArray[np.int64]

    def word_of(self, value: Any) -> str:
        """Return the word of the class that equals `value`, or of a value that is none of them."""
        places = np.flatnonzero([own == value for own in self.classes.tolist()])
        return self.words[places[0]] if len(places) else str(value)

    @property
    def column(self) -> pa.Array:
        """The target as a table's column."""
        return pa.array(self.words, pa.string()).take(pa.array(self.codes))


def labels_of(y: Any, rows: int) -> Labels:
    """Return the target `y` of `rows` rows.

    Raises
    ------
    ValueError
        If a value is missing, or there are not two classes.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    name = getattr(y, "name", None)
    values = column_or_1d(np.asarray(y) if _is_arrow(y) else y, warn=True)
    if pd.isna(values).any():
        raise ValueError("Input y contains NaN or None: leave out rows without an outcome")
    values = check_array(values, ensure_2d=False, dtype=None, input_name="y")
    check_consistent_length(values, np.empty(rows))
    check_classification_targets(values)
    classes, codes = np.unique(values, return_inverse=True)
    if len(classes) != 2:
        raise ValueError(_not_two(values, len(classes)))
    spelled = [str(word) for word in words(pa.chunked_array([pa.array(classes.tolist())]))]
    return Labels(name if isinstance(name, str) else UNNAMED_TARGET, classes, spelled, codes)


def _not_two(values: NDArray[Any], classes: int) -> str:
    if classes == 1:
        return "the target has one class only; a card needs good and bad outcomes"
    kind = type_of_target(values)
    return f"Only binary classification is supported. The type of the target is {kind}."


def _is_arrow(values: Any) -> bool:
    return hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__")


def _is_float(values: Any) -> bool:
    return getattr(getattr(values, "dtype", None), "kind", "f") in "fc"


def _names(estimator: Any, columns: int) -> list[str]:
    known = getattr(estimator, "feature_names_in_", None)
    return [f"x{place}" for place in range(columns)] if known is None else known.tolist()


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    columns = [_series(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return pa.Table.from_arrays(columns, names=[str(place) for place in range(len(columns))])


def _series(column: pd.Series[Any]) -> pa.Array:
    try:
        return _plain(pa.Array.from_pandas(column))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # A column of mixed objects, which a csv file would hold as text.
        return pa.array([None if pd.isna(cell) else str(cell) for cell in column], pa.string())


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _column(values: NDArray[Any]) -> pa.Array:
    """Return a column of an array: numbers, or else text."""
    try:
        numbers: Floats = np.asarray(values, dtype=np.float64)
    except ValueError:
        return pa.array([None if pd.isna(cell) else str(cell) for cell in values], pa.string())
    return pa.array(numbers, from_pandas=True)
