"""Quarantine files: the rows a branch must correct, under its own headers, with the reasons.

Identifiers of persons are masked, and no cell can run as a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from data.importing.answers import DIGITS, answered, source_name
from data.importing.cells.masking import escape_formula, mask_cell, mask_text
from data.importing.headings.heading import QUARANTINE_HEADERS
from data.importing.parents import flawed_rows, named_parents
from data.importing.reasons import DISPLACED, Problem, explain, read_problem, write_problem
from data.importing.rows.checks import PROBLEMS, RAW, SURPLUS, with_problems
from data.importing.settling.settling import UNKNOWN_PARENT, good_rows
from data.importing.settling.staging import ROW_ID, StagedFile, StagedSheet, row_number
from data.storage.private_files import drafted
from model.archive.tables import Column, Table, archive_tables

#: Rows converted to Python values at a time.
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
        """The table that the sheet holds."""
        return archive_tables()[self.sheet.table]


@dataclass(frozen=True)
class Line:
    """One row of a quarantine file, and the positions of the cells at fault."""

    cells: Sequence[str]
    at_fault: frozenset[int]


def quarantine_path(folder: Path, file: StagedFile) -> Path:
    """Return the quarantine file of `file`; the same content has the same path.

    What is left of a corrected quarantine file is named after the source file again, also when the
    correction is imported once more.
    """
    end = f"-{file.digest[:DIGITS]}.{'xlsx' if file.is_workbook else 'csv'}"
    if answers := answered(file, folder):
        return folder / f"{source_name(answers)}{end}"
    before = sorted(folder.glob(f"*{end}"))
    own = folder / f"{file.path.stem}{end}"
    return next((each for each in before if source_name(each) in file.path.stem), own)


def write_quarantine(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    """Write the bad rows of the file called `source` to `path`, replacing an older file.

    Only its owner may read it.

    Raises
    ------
    OSError
        If the disk is full or read-only.
    """
    write = _write_workbook if path.suffix == ".xlsx" else _write_csv
    # A file name may hold bytes that are no text.
    shown = source.encode("utf-8", "replace").decode()
    with drafted(path) as draft:
        write(draft, shown, sheets)


def _write_csv(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for each in sheets:
            writer.writerow(_header(each))
            writer.writerows(line.cells for line in _lines(source, each))


def _write_workbook(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
    """Write text cells only, so that nothing is a formula; cells at fault are red."""
    try:
        _fill_workbook(path, source, sheets)
    except FileCreateError as error:
        # The library wraps what the operating system refused.
        raise (
            error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error))
        ) from error


def _fill_workbook(path: Path, source: str, sheets: Sequence[BadSheet]) -> None:
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


def _sheet_name(bad: BadSheet, taken: set[str]) -> str:
    """Return a name that every spreadsheet accepts and that is new, and add it to `taken`."""
    plain = bad.sheet.sheet.translate(_FORBIDDEN_IN_SHEET_NAMES).strip() or bad.table.zh
    name = plain[:_SHEET_NAME_CHARS]
    while name.casefold() in taken:
        name = f"{plain[: _SHEET_NAME_CHARS - 4]}-{len(taken) + 1}"
    taken.add(name.casefold())
    return name


def _header(bad: BadSheet) -> list[str]:
    return [*(escape_formula(text) for text in bad.sheet.headers.values()), *QUARANTINE_HEADERS]


def _lines(source: str, bad: BadSheet) -> Iterator[Line]:
    columns = [bad.table.columns[name] for name in bad.sheet.headers]
    for batch in bad.rows.to_batches(_BATCH_ROWS):
        for row in batch.to_pylist():
            problems = [read_problem(text) for text in row[PROBLEMS]]
            faults = {name for problem in problems for name in problem.columns}
            *cells, surplus = _mask_row(row, columns, problems)
            origin = [escape_formula(source), str(row_number(row[ROW_ID]))]
            yield Line(
                [*cells, *origin, *_explain(problems, bad), surplus],
                frozenset(n for n, column in enumerate(columns) if column.name in faults),
            )


def _explain(problems: Sequence[Problem], bad: BadSheet) -> tuple[str, str, str, str]:
    """Return the columns at fault, the codes, and the reasons in Chinese and English."""
    headers, known = bad.sheet.headers, bad.table.columns
    columns = dict.fromkeys(
        headers.get(name, known[name].zh) for p in problems for name in p.columns
    )
    texts = [explain(problem, known) for problem in problems]
    firsts = [known[p.columns[0]] if p.columns else None for p in problems]
    return (
        escape_formula("、".join(columns)),
        "; ".join(problem.code for problem in problems),
        "；".join(f"{c.zh}：{t.zh}" if c else t.zh for c, t in zip(firsts, texts, strict=True)),
        "; ".join(f"{c.en}: {t.en}" if c else t.en for c, t in zip(firsts, texts, strict=True)),
    )


_HIDDEN = "***"


def _mask_row(
    row: Mapping[str, str], columns: Sequence[Column], problems: Sequence[Problem]
) -> list[str]:
    """Return the cells of a row as shown; all are hidden if a displaced cell could be a name."""
    texts = [*(row[RAW + column.name] for column in columns), row[SURPLUS]]
    has_personal = any(column.personal for column in columns)
    if has_personal and any(problem.code in DISPLACED for problem in problems):
        return [_HIDDEN if text else "" for text in texts]
    cells = [mask_cell(text, column) for text, column in zip(texts, columns, strict=False)]
    return [*cells, mask_text(texts[-1])]


def bad_rows(sheet: StagedSheet, refused: pa.Table, parents: Mapping[str, pa.Array]) -> pa.Table:
    """Return the quarantined rows of `sheet` by row number: flawed alone, or refused by a verdict.

    Parameters
    ----------
    refused : Arrow table of ``row_id`` and ``code``
        The rows that passed their checks and are refused, see `settling.Verdicts`.
    parents : mapping of str to Arrow array of string
        The stored keys that flawed rows name, by table, see `parents.known_parents`.
    """
    flawed = _add_unknown_parents(sheet, flawed_rows(sheet), parents)
    codes = dict(zip(refused[ROW_ID].to_pylist(), refused["code"].to_pylist(), strict=True))
    others = [rows.select(flawed.column_names) for rows in _refused_rows(sheet, codes)]
    return pa.concat_tables([flawed, *others]).sort_by(ROW_ID)


def _add_unknown_parents(
    sheet: StagedSheet, rows: pa.Table, parents: Mapping[str, pa.Array]
) -> pa.Table:
    """Report unknown members and loans of flawed rows too, so that one correction is enough."""
    for check, keys in named_parents(sheet, rows):
        parent = check.table or ""
        is_unknown = pc.and_(keys.is_valid(), pc.invert(pc.is_in(keys, parents[parent])))
        rows = _add_problem(rows, is_unknown, Problem(UNKNOWN_PARENT[parent], check.columns))
    return rows


def _add_problem(rows: pa.Table, is_concerned: pa.Array, problem: Problem) -> pa.Table:
    """Add `problem` to the rows concerned, unless their cells are displaced."""
    problems = rows[PROBLEMS].to_pylist()
    for row in np.flatnonzero(is_concerned.to_numpy(zero_copy_only=False)).tolist():
        if read_problem(problems[row][0]).code not in DISPLACED:
            problems[row].append(write_problem(problem))
    index = rows.column_names.index(PROBLEMS)
    return rows.set_column(index, PROBLEMS, pa.array(problems, pa.list_(pa.string())))


def _refused_rows(sheet: StagedSheet, codes: Mapping[int, str]) -> Iterator[pa.Table]:
    """Yield the good rows whose row id has a code of refusal."""
    if not codes:
        return
    table, refused = archive_tables()[sheet.table], np.array(list(codes))
    for rows in good_rows(sheet):
        row_ids = rows[ROW_ID].to_numpy()
        is_refused = np.isin(row_ids, refused)
        problems = [[write_problem(_problem(codes[each], table))] for each in row_ids[is_refused]]
        names = [name for name in rows.column_names if name.startswith(RAW) or name == ROW_ID]
        bad = rows.select(names).filter(pa.array(is_refused))
        yield with_problems(bad, problems, [""] * bad.num_rows)


def _problem(code: str, table: Table) -> Problem:
    """Return the problem with the columns at fault."""
    if code == "DUPLICATE_PERSON":
        return Problem(code, table.unique[0])
    if code == "CONFLICTING_ROW":
        return Problem(code, table.key)
    return Problem(code, next(check.columns for check in table.checks if check.table))


def count_reasons(rows: pa.Table) -> Mapping[str, int]:
    """Return the number of bad `rows` with each problem, by code in alphabetical order."""
    problems = rows[PROBLEMS].combine_chunks()
    codes = pc.replace_substring_regex(pc.list_flatten(problems), r"\|.*", "")
    each = pa.table({"row": pc.list_parent_indices(problems), "code": codes})
    counted = (
        each.group_by(["row", "code"]).aggregate([]).group_by("code").aggregate([([], "count_all")])
    )
    return {row["code"]: row["count_all"] for row in counted.sort_by("code").to_pylist()}
