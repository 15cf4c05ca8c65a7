"""Quarantine files: the rows a branch must mend, under the headers it wrote, with the reasons.

What a quarantined cell shows: enough to mend the row, nothing that identifies or runs.

The rows of a sheet that go to quarantine: flawed on their own, or refused beside others.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from data.importing.cells.cell import Field
from data.importing.cells.columns import parse_column
from data.importing.cells.text import FORMULA_STARTS, plain
from data.importing.headings.heading import QUARANTINE_HEADERS
from data.importing.reasons import DISPLACED, Problem, explain, read_problem, write_problem
from data.importing.rows.checks import PROBLEMS, RAW, SURPLUS
from data.importing.settling.repeats import DUPLICATE
from data.importing.settling.settling import UNKNOWN, Verdicts
from data.importing.settling.staging import AT, StagedFile, StagedSheet, row_number
from data.importing.settling.storing import good_rows
from model.archive.id_numbers import (
    id_number_flaw,
    mask_id_number,
    mask_name,
    mask_phone,
    normal_id_number,
)
from model.archive.tables import Column, Kind, Table, archive_tables

_MASKS = {"id_number": mask_id_number, "phone": mask_phone, "text": mask_name}
_ID_LIKE = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_PHONE_LIKE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
#: Where eleven digits are an id or an amount rather than somebody's phone.
_NUMBERED: frozenset[Kind] = frozenset({"identifier", "village", "money", "number", "integer"})
HIDDEN = "***"


def shown_cell(raw: str, column: Column) -> str:
    """Return the text a quarantine file shows for a cell of `column`.

    Id numbers, phones and names are masked where the contract says so, and id numbers and phones
    that strayed into other columns as well. Whoever mends the row types them again.
    """
    if column.personal:
        return neutral(_MASKS[column.kind](raw))
    return shown_text(raw, has_phones=column.kind not in _NUMBERED)


def shown_text(raw: str, *, has_phones: bool = True) -> str:
    """Return a text of any origin with the id numbers in it masked, and the phones too."""
    text = plain(raw)
    masked = _ID_LIKE.sub(_masked_id, text)
    if has_phones:
        masked = _PHONE_LIKE.sub(lambda found: mask_phone(found[0]), masked)
    return neutral(raw if masked == text else masked)


def neutral(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: an apostrophe before = + - @, tab and return.

    The import takes the apostrophe off again.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _masked_id(found: re.Match[str]) -> str:
    """Mask eighteen digits that hold a birth date; others are an id of the bank's own."""
    number = normal_id_number(found[0])
    return number if id_number_flaw(number) == "birth_date" else mask_id_number(number)


def bad_rows(sheet: StagedSheet, verdicts: Verdicts, parents: Mapping[str, pa.Array]) -> pa.Table:
    """Return every quarantined row of `sheet` in the order of its number.

    Parameters
    ----------
    parents : mapping of str to Arrow array of string
        The keys that the archive holds of each table that others refer to.
    """
    with pa.memory_map(str(sheet.bad)) as source:
        flawed = _with_unknown_parents(sheet, pa.ipc.open_file(source).read_all(), parents)
    refused = verdicts.codes != DUPLICATE
    late = _late(sheet, dict(zip(verdicts.at[refused], verdicts.codes[refused], strict=True)))
    return pa.concat_tables([flawed, *(rows.select(flawed.column_names) for rows in late)]).sort_by(
        AT
    )


def _with_unknown_parents(
    sheet: StagedSheet, rows: pa.Table, parents: Mapping[str, pa.Array]
) -> pa.Table:
    """Tell of flawed rows as well that their member or loan is unknown: one mending does then."""
    table = archive_tables()[sheet.table]
    for check in table.checks:
        if check.table and rows.num_rows:
            (name,) = check.columns
            keys = parse_column(
                rows[RAW + name].combine_chunks(), Field(table.columns[name])
            ).values
            is_unknown = pc.and_(keys.is_valid(), pc.invert(pc.is_in(keys, parents[check.table])))
            rows = _told_more(rows, is_unknown, Problem(UNKNOWN[check.table], check.columns))
    return rows


def _told_more(rows: pa.Table, which: pa.Array, problem: Problem) -> pa.Table:
    """Add `problem` to those of `which` rows, unless their cells are displaced."""
    told = rows[PROBLEMS].to_pylist()
    for at in np.flatnonzero(which.to_numpy(zero_copy_only=False)).tolist():
        if read_problem(told[at][0]).code not in DISPLACED:
            told[at].append(write_problem(problem))
    place = rows.column_names.index(PROBLEMS)
    return rows.set_column(place, PROBLEMS, pa.array(told, pa.list_(pa.string())))


def reasons(rows: pa.Table) -> Mapping[str, int]:
    """Return how many of the bad `rows` have each problem, by code, in alphabetical order."""
    problems = rows[PROBLEMS].combine_chunks()
    codes = pc.replace_substring_regex(pc.list_flatten(problems), r"\|.*", "")
    each = pa.table({"row": pc.list_parent_indices(problems), "code": codes})
    counted = (
        each.group_by(["row", "code"]).aggregate([]).group_by("code").aggregate([([], "count_all")])
    )
    return {row["code"]: row["count_all"] for row in counted.sort_by("code").to_pylist()}


def _late(sheet: StagedSheet, codes: Mapping[int, str]) -> list[pa.Table]:
    if not codes:
        return []
    table, positions = archive_tables()[sheet.table], np.array(list(codes))
    found = []
    for rows in good_rows(sheet):
        at = rows[AT].to_numpy()
        is_refused = np.isin(at, positions)
        told = [[write_problem(_problem(codes[each], table))] for each in at[is_refused]]
        kept = rows.filter(pa.array(is_refused))
        kept = kept.select([n for n in rows.column_names if n.startswith(RAW) or n == AT])
        kept = kept.append_column(PROBLEMS, pa.array(told, pa.list_(pa.string())))
        found.append(kept.append_column(SURPLUS, pa.array([""] * kept.num_rows, pa.string())))
    return found


def _problem(code: str, table: Table) -> Problem:
    """Return the problem with the columns that show it."""
    if code == "DUPLICATE_PERSON":
        return Problem(code, table.unique[0])
    if code == "CONFLICTING_ROW":
        return Problem(code, table.key)
    return Problem(code, next(check.columns for check in table.checks if check.table))


#: Rows held as Python values at a time.
_BATCH_ROWS = 4096
_SHEET_NAME_CHARS = 31
_FORBIDDEN_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True)
class BadSheet:
    """The quarantined rows of one sheet, by row number, see `checks.CheckedRows`."""

    sheet: StagedSheet
    rows: pa.Table

    @property
    def table(self) -> Table:
        """The table the sheet was taken for."""
        return archive_tables()[self.sheet.table]


@dataclass(frozen=True)
class Line:
    """One row of a quarantine file, and which of its cells are at fault."""

    cells: Sequence[str]
    at_fault: frozenset[int]


def quarantine_path(folder: Path, file: StagedFile) -> Path:
    """Return where the bad rows of `file` go; the same content goes to the same place."""
    ending = "xlsx" if file.is_workbook else "csv"
    return folder / f"{file.path.stem}-{file.digest[:8]}.{ending}"


def write_quarantine(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    """Write the bad rows of the file called `source` to `path`, replacing an older writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    (_write_workbook if path.suffix == ".xlsx" else _write_csv)(draft, source, sheets)
    draft.replace(path)


def _write_csv(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for each in sheets:
            writer.writerow(_header(each))
            writer.writerows(line.cells for line in _lines(source, each))


def _write_workbook(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    """Write texts only, so that nothing is a formula; cells at fault are red."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "in_memory": False}) as book:
        bold, red = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFC7CE"})
        names: set[str] = set()
        for each in sheets:
            page = book.add_worksheet(_sheet_name(each, names))
            page.freeze_panes(1, 0)
            page.set_column(0, len(_header(each)) - 1, 14)
            for column, text in enumerate(_header(each)):
                page.write_string(0, column, text, bold)
            for row, line in enumerate(_lines(source, each), start=1):
                for column, text in enumerate(line.cells):
                    page.write_string(row, column, text, red if column in line.at_fault else None)


def _header(bad: BadSheet) -> list[str]:
    return [*(neutral(text) for text in bad.sheet.headers.values()), *QUARANTINE_HEADERS]


def _lines(source: str, bad: BadSheet) -> Iterator[Line]:
    columns = [bad.table.columns[name] for name in bad.sheet.headers]
    for batch in bad.rows.to_batches(_BATCH_ROWS):
        for row in batch.to_pylist():
            problems = [read_problem(told) for told in row[PROBLEMS]]
            faults = {name for problem in problems for name in problem.columns}
            *cells, surplus = _shown(row, columns, problems)
            where = [neutral(source), str(row_number(row[AT]))]
            yield Line(
                [*cells, *where, *_told(problems, bad), surplus],
                frozenset(at for at, column in enumerate(columns) if column.name in faults),
            )


def _shown(
    row: Mapping[str, str], columns: Sequence[Column], problems: Sequence[Problem]
) -> list[str]:
    """Return the cells of a row as shown; where cells are displaced, a name may stand anywhere."""
    texts = [*(row[RAW + column.name] for column in columns), row[SURPLUS]]
    has_personal = any(column.personal for column in columns)
    if has_personal and any(problem.code in DISPLACED for problem in problems):
        return [HIDDEN if text else "" for text in texts]
    cells = [shown_cell(text, column) for text, column in zip(texts, columns, strict=False)]
    return [*cells, shown_text(texts[-1])]


def _told(problems: Sequence[Problem], bad: BadSheet) -> tuple[str, str, str, str]:
    """Return the columns at fault, the codes, and the reasons in Chinese and English."""
    headers, known = bad.sheet.headers, bad.table.columns
    columns = dict.fromkeys(
        headers.get(name, known[name].zh) for p in problems for name in p.columns
    )
    texts = [explain(problem, known) for problem in problems]
    firsts = [known[p.columns[0]] if p.columns else None for p in problems]
    return (
        neutral("、".join(columns)),
        "; ".join(problem.code for problem in problems),
        "；".join(f"{c.zh}：{t.zh}" if c else t.zh for c, t in zip(firsts, texts, strict=True)),
        "; ".join(f"{c.en}: {t.en}" if c else t.en for c, t in zip(firsts, texts, strict=True)),
    )


def _sheet_name(bad: BadSheet, taken: set[str]) -> str:
    """Return a name that every spreadsheet accepts, unlike those `taken`, and take it."""
    plain = bad.sheet.sheet.translate(_FORBIDDEN_IN_SHEET_NAMES).strip() or bad.table.zh
    name = plain[:_SHEET_NAME_CHARS]
    while name.casefold() in taken:
        name = f"{plain[: _SHEET_NAME_CHARS - 4]}-{len(taken) + 1}"
    taken.add(name.casefold())
    return name
