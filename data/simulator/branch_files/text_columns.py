"""Columns of a branch file as text: Chinese headers and cells in the style of the branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.headings.spellings import FLAG_WORDS, export_choices, export_headers
from data.simulator.arrays import Ints
from data.simulator.branch_files.style import Style
from model.archive.tables import RECORDED_AT, Column, Table

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
#: Decimal places in each unit that keep every value exact.
_EXACT_PLACES = {"万元": 6, "公顷": 7, "斤": 1, "%": 4}


_DAY_FORMS = {
    "dash": "{0:%Y-%m-%d}",
    "slash": "{0.year}/{0.month}/{0.day}",
    "chinese": "{0.year}年{0.month}月{0.day}日",
    "compact": "{0:%Y%m%d}",
}
_MONTH_FORMS = {
    "dash": "{0:%Y-%m}",
    "slash": "{0.year}/{0.month}",
    "chinese": "{0.year}年{0.month}月",
    "compact": "{0:%Y%m}",
}


@dataclass(frozen=True)
class TextColumn:
    """One column as a file shows it.

    Attributes
    ----------
    name : str
        The contract's name of the column.
    numeric : bool
        Whether a workbook stores its cells as numbers.
    dated : bool
        Whether a workbook may store its cells as dates.
    """

    name: str
    header: str
    cells: pa.Array
    numeric: bool
    dated: bool


def text_columns(table: Table, rows: pa.Table, style: Style) -> list[TextColumn]:
    """Return the columns of `rows` as text in declared order; blanks are empty texts.

    A column that a file may lack is left out if it says nothing.
    """
    headers = export_headers(table)
    return [
        _text_column(column, headers[name], rows[name].combine_chunks(), style)
        for name, column in table.columns.items()
        if not _is_left_out(column, rows[name])
    ]


def _is_left_out(column: Column, values: pa.ChunkedArray) -> bool:
    if not column.absent or column.name == RECORDED_AT:
        return False
    unsaid = values.is_null() if column.default is None else pc.equal(values, column.default)
    return bool(pc.all(unsaid).as_py())


def mistype(cells: pa.Array, rows: Ints, column: Column) -> pa.Array:
    """Return `cells` with full-width digits, or stray spaces in other kinds, in some `rows`."""
    if not len(rows) or column.kind == "text":
        return cells
    typed = [
        text.translate(_FULL_WIDTH) if column.kind in ("integer", "money") else f" {text} "
        for text in cells.take(pa.array(rows)).to_pylist()
    ]
    mask = np.zeros(len(cells), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(cells, pa.array(mask), pa.array(typed, pa.string()))


def _text_column(column: Column, header: str, values: pa.Array, style: Style) -> TextColumn:
    unit = _other_unit(column, style)
    if unit is not None:
        header, values = _in_unit(column, header, values, unit)
    cells = pc.fill_null(_text(column, values, style), "")
    numeric = column.kind in ("integer", "number", "money") and not style.thousands
    return TextColumn(
        column.name, header, cells, numeric, column.kind == "date" and style.real_dates
    )


def _other_unit(column: Column, style: Style) -> str | None:
    """Return the unit in which the style writes this column, None for the contract's unit."""
    known = [unit for unit in style.units if unit in column.units and column.units[unit] != 1]
    return min(known) if known else None


def _in_unit(column: Column, header: str, values: pa.Array, unit: str) -> tuple[str, pa.Array]:
    """Return the header that names `unit`, and the exact values in that unit."""
    name = header.split("（")[0]
    places = _EXACT_PLACES[unit]
    step = Decimal(1).scaleb(-places)
    factor = column.units[unit]
    distinct = values.dictionary_encode()
    scaled = [(value / factor).quantize(step) for value in distinct.dictionary.to_pylist()]
    stored = pa.array(scaled, pa.decimal128(24, places))
    return f"{name}（{unit}）", stored.take(distinct.indices)


def _text(column: Column, values: pa.Array, style: Style) -> pa.Array:
    if column.kind in ("money", "number"):
        if style.thousands:
            return _format_distinct(values, "{:,f}".format)
        return _drop_zeros(pc.cast(values, pa.string()))
    if column.kind in ("date", "month", "timestamp"):
        return _moments(column, values, style)
    if column.kind == "choice":
        return _format_distinct(values, export_choices(column).__getitem__)
    if column.kind == "flag":
        return _format_distinct(values, FLAG_WORDS.__getitem__)
    return pc.cast(values, pa.string())


def _moments(column: Column, values: pa.Array, style: Style) -> pa.Array:
    if column.kind == "month":
        return _format_distinct(values, _MONTH_FORMS[style.form].format)
    days = _format_distinct(values.cast(pa.date32()), _DAY_FORMS[style.form].format)
    if column.kind == "date":
        return days
    clock = pc.utf8_slice_codeunits(values.cast(pa.timestamp("s")).cast(pa.string()), 11)
    if style.form == "compact":
        return pc.binary_join_element_wise(days, pc.replace_substring(clock, ":", ""), "")
    return pc.binary_join_element_wise(days, clock, " ")


def _format_distinct(values: pa.Array, form: Callable[..., str]) -> pa.Array:
    """Format each distinct value once."""
    encoded = values.dictionary_encode()
    texts = pa.array([form(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)


def _drop_zeros(texts: pa.Array) -> pa.Array:
    """Drop the zeros at the end of decimals."""
    return pc.replace_substring_regex(texts, r"\.?0+$", "")
