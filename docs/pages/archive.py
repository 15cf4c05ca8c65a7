"""The page of the archive tables and their import, written from their declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from data.importing.limits import (
    HEADER_SEARCH_ROWS,
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_CSV_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    MAX_WORKBOOK_BYTES,
    MIB,
)
from data.importing.reasons import (
    ARCHIVE_REASONS,
    CELL_REASONS,
    PASSED_OVER,
    REMARKS,
    ROW_REASONS,
    ReasonText,
)
from data.importing.refusals import REFUSALS
from data.importing.template import KINDS
from docs.pages.rendering import render
from model.archive.tables import OTHER, RECORDED_AT_COLUMN, Column, RowCheck, Table, archive_tables

_RULES = {
    "not_after": "`{0}` is not after `{1}`",
    "not_before_birth": "`{1}` is not before `{0}`",
    "blank_before_birth": "`{1}` before `{0}` is stored as blank",
    "since_birth": "`{1}` before `{0}` is stored as `{0}`",
    "at_most": "`{0}` is at most `{1}`",
    "id_agrees": "`{0}` agrees with `{1}` and `{2}`",
}


#: Placeholders of a reason's text; the page shows each as an ellipsis.
_PLACEHOLDERS = ("column", "other", "low", "high", "words", "detail")


def archive_page() -> str:
    """Return the whole page."""
    return render(
        "archive.md",
        header_rows=HEADER_SEARCH_ROWS,
        recorded=RECORDED_AT_COLUMN.zh,
        csv_mib=MAX_CSV_BYTES // MIB,
        packed_mib=MAX_WORKBOOK_BYTES // MIB,
        unpacked_mib=MAX_UNPACKED_BYTES // MIB,
        columns=MAX_COLUMNS,
        rows=f"{MAX_ROWS:,}",
        chars=f"{MAX_CELL_CHARS:,}",
        tables=[_table(table) for table in archive_tables().values()],
        reasons=list(_texts({**CELL_REASONS, **ROW_REASONS, **ARCHIVE_REASONS})),
        remarks=list(_texts(REMARKS)),
        passed_over=list(_texts(PASSED_OVER)),
        refusals=list(_texts(REFUSALS)),
    )


def _table(table: Table) -> dict[str, object]:
    unique = (f"`{', '.join(columns)}` belongs to one `{table.key[0]}`" for columns in table.unique)
    return {
        "title": f"{table.zh} {table.en} (`{table.name}`)",
        "key": ", ".join(f"`{name}`" for name in table.key),
        "dated_by": f"`{table.event or RECORDED_AT_COLUMN.name}`",
        "columns": [_column(column) for column in table.columns.values()],
        "rules": "; ".join([*map(_rule, table.checks), *unique]),
    }


def _column(column: Column) -> Sequence[str]:
    low, high, kind = column.minimum, column.maximum, KINDS[column.kind]
    return (
        column.zh,
        column.en,
        f"`{column.name}`",
        f"{kind.zh} {kind.en}" + (f", {column.places} decimals" if column.places else ""),
        column.unit or "",
        "" if low is None or high is None else f"{low:,f} – {high:,f}",
        _required(column),
        "、".join(column.also),
        _accepted(column),
    )


def _required(column: Column) -> str:
    if column.absent:
        return "may be left out"
    return ("optional" if column.optional else "required") + (", lenient" if column.lenient else "")


def _accepted(column: Column) -> str:
    """Return the spellings of each choice, and the value of each unit in the column's own."""
    words = [f"`{key}` = {'、'.join(spelled)}" for key, spelled in column.choices.items()]
    if column.other:
        words.append(f"any other word = `{OTHER}`, kept in `{column.other}`")
    return "; ".join([*words, *(f"{unit} = {worth}" for unit, worth in column.units.items())])


def _rule(check: RowCheck) -> str:
    if check.table:
        return f"`{check.columns[0]}` is known in `{check.table}`"
    return _RULES[check.check].format(*check.columns)


def _texts(texts: Mapping[str, ReasonText]) -> Iterator[Sequence[str]]:
    for code, text in texts.items():
        yield f"`{code}`", _shown(text.zh), _shown(text.en)


def _shown(text: str) -> str:
    for name in _PLACEHOLDERS:
        text = text.replace(f"{{{name}}}", "…")
    return text.replace("{unit}", "")
