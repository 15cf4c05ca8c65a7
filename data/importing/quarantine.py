"""Quarantine files: the rows a branch must mend, under the headers it wrote, with the reasons."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import xlsxwriter

from data.importing.checking import PROBLEMS, RAW, SURPLUS
from data.importing.heading import QUARANTINE_HEADERS
from data.importing.quarantine_cells import HIDDEN, neutral, shown_cell, shown_text
from data.importing.reasons import DISPLACED, Problem, explain, read_problem
from data.importing.staging import AT, StagedFile, StagedSheet, row_number
from model.tables import Column, Table, archive_tables

#: Rows held as Python values at a time.
_BATCH_ROWS = 4096
_SHEET_NAME_CHARS = 31
_FORBIDDEN_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True)
class BadSheet:
    """The quarantined rows of one sheet, in the order of their numbers, see `checking.Checked`."""

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
