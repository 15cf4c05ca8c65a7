"""A person's own data in full as a file that a person can read: HTML or a workbook, bilingual.

Every value stands beside its heading in Chinese and English, and every part says where it comes
from. Values about others of the household are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from data.storage.cell_text import FORMULA_STARTS
from data.storage.person_rows import PersonRows
from data.storage.private_files import drafted
from model.archive.tables import archive_tables
from model.errors import GivenError
from model.profile.dictionary import Text, member_dictionary

#: Columns that name another person.
_OF_ANOTHER = frozenset({"guarantor_id"})
_SHEET_NAME_CHARS = 31
_PURPOSES = {"scored": "评分 scored", "rule": "规则 rules", "audit": "公平性检查 fairness checks"}
_TITLE = Text("本人数据副本", "A copy of your own data")


@dataclass(frozen=True)
class Part:
    """One table of the copy: its title, where it comes from, its headings and rows."""

    title: Text
    source: Text
    headings: Sequence[Text]
    rows: Sequence[Sequence[object]]


def archive_parts(person: PersonRows) -> Iterator[Part]:
    """Yield the person's rows of each archive table, all versions, with when each became known."""
    for name, rows in person.by_table.items():
        table = archive_tables()[name]
        columns = [c for c in table.columns.values() if c.name not in _OF_ANOTHER]
        zh = f"档案表“{table.zh}”（{name}），由网点文件导入；登记时间即本行记入档案之时"
        en = f"archive table {name}, imported from branch files; Recorded at says when it was known"
        shown = [[row[column.name] for column in columns] for row in rows.to_pylist()]
        headings = [Text(column.zh, column.en) for column in columns]
        yield Part(Text(table.zh, table.en), Text(zh, en), headings, shown)


def profile_part(profile: pa.Table, hidden: Iterable[str]) -> Part:
    """Return the attributes of the person's profile, one row each, with the tables behind each.

    Parameters
    ----------
    profile
        One row.
    hidden
        Attributes about others of the household.
    """
    (values,) = profile.to_pylist()
    left_out = frozenset(hidden)
    rows = [
        (a.label.zh, a.label.en, values[a.name], a.unit, _PURPOSES[a.role], _tables(a.source))
        for a in member_dictionary()
        if a.name in values and a.name not in left_out
    ]
    headings = [
        Text("指标", "Attribute (Chinese)"), Text("指标（英文）", "Attribute"), Text("值", "Value"),
        Text("单位", "Unit"), Text("用途", "Used for"), Text("依据的档案表", "Computed from"),
    ]  # fmt: skip
    as_of = values.get("as_of")
    source = Text(
        f"按 {as_of} 前已知的档案数据计算", f"computed from what the archive knew before {as_of}"
    )
    return Part(Text("画像", "Profile"), source, headings, rows)


def plain_part(title: Text, source: Text, rows: Sequence[Mapping[str, Any]]) -> Part:
    """Return `rows` as a part under their own names, such as entries of the ledger."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [[row.get(name) for name in names] for row in rows]
    return Part(title, source, [Text(name, name) for name in names], shown)


def write_copy(path: Path, parts: Sequence[Part], made_on: date) -> None:
    """Write `parts` to `path` for its owner only, as its ending says: .html or .xlsx.

    Raises
    ------
    GivenError
        If the ending is another.
    OSError
        If the disk is full or read-only.
    """
    write = {".html": _write_page, ".xlsx": _write_workbook}.get(path.suffix.lower())
    if write is None:
        raise GivenError(f"{path}: a copy is a page or a workbook; end the name in .html or .xlsx")
    with drafted(path) as draft:
        write(draft, parts, made_on)


def _write_page(path: Path, parts: Sequence[Part], made_on: date) -> None:
    title = f"{_TITLE.zh} {_TITLE.en}"
    with path.open("w", encoding="utf-8") as file:
        file.write(
            f'<!doctype html>\n<html lang="zh"><meta charset="utf-8"><title>{title}</title>\n'
        )
        file.write(
            "<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
            "td,th{border:1px solid #999;padding:.2em .5em;text-align:left;vertical-align:top}"
            "@media print{body{margin:0}}</style>\n"
        )
        file.write(f"<h1>{title}</h1>\n<p>{made_on}</p>\n")
        for part in parts:
            file.writelines(_page_lines(part))


def _page_lines(part: Part) -> Iterator[str]:
    yield f"<h2>{escape(part.title.zh)} {escape(part.title.en)}</h2>\n"
    yield f"<p>{escape(part.source.zh)}<br>{escape(part.source.en)}</p>\n<table>\n"
    heads = (f"<th>{escape(h.zh)}<br>{escape(h.en)}</th>" for h in part.headings)
    yield f"<tr>{''.join(heads)}</tr>\n"
    for row in part.rows:
        yield f"<tr>{''.join(f'<td>{escape(_shown(value))}</td>' for value in row)}</tr>\n"
    yield "</table>\n"


def _write_workbook(path: Path, parts: Sequence[Part], made_on: date) -> None:
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        for number, part in enumerate(parts, 1):
            sheet = book.add_worksheet(f"{number} {part.title.zh}"[:_SHEET_NAME_CHARS])
            sheet.write_string(0, 0, f"{_TITLE.zh} {_TITLE.en}, {made_on}")
            sheet.write_string(1, 0, f"{part.source.zh}。{part.source.en}.")
            for column, heading in enumerate(part.headings):
                sheet.write_string(2, column, f"{heading.zh}\n{heading.en}", bold)
            sheet.set_column(0, max(len(part.headings) - 1, 0), 18)
            sheet.freeze_panes(3, 0)
            for line, row in enumerate(part.rows, 3):
                for column, value in enumerate(row):
                    # Text cells only, so that nothing is a formula.
                    sheet.write_string(line, column, _safe(_shown(value)))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def _tables(names: Iterable[str]) -> str:
    tables = archive_tables()
    return "、".join(f"{tables[name].zh} {name}" if name in tables else name for name in names)


def _purpose(role: str) -> str:
    return {"scored": "评分 scored", "rule": "规则 rules", "audit": "公平性检查 fairness checks"}[
        role
    ]
