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
from docs.pages.rendering import render
from model.archive.tables import OTHER, RECORDED_AT_COLUMN, Column, RowCheck, Table, archive_tables

_KINDS = {
    "identifier": "编号 id", "id_number": "身份证号 id number (GB 11643)",
    "phone": "手机号或固定电话 mobile or landline",
    "village": "12 位代码 code of 12 digits",
    "place": "6、9 或 12 位代码 code of 6, 9 or 12 digits", "text": "文本 text", "choice": "选项 choice",
    "integer": "整数 whole number", "number": "数 number", "money": "金额 money",
    "date": "日期 date", "month": "月份 month", "season": "种植季 season",
    "flag": "是/否 yes or no", "timestamp": "时间 moment",
}  # fmt: skip
_RULES = {
    "not_after": "`{0}` is not after `{1}`",
    "not_before_birth": "no other date of a person is before `{0}`",
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
    low, high = column.minimum, column.maximum
    return (
        column.zh,
        column.en,
        f"`{column.name}`",
        _KINDS[column.kind] + (f", {column.places} decimals" if column.places else ""),
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
