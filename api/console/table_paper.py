"""A table on paper: drawing it as a PDF file of A4 pages, the heads on each, no row in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api.console.typesetting import (
    BOTTOM_MM,
    MARGIN_MM,
    WIDTH_MM,
    Line,
    blank,
    check_characters,
    folded,
    write,
)  # fmt: skip

if TYPE_CHECKING:
    from fpdf import FPDF

#: Sizes of the title and of the text, in points.
_TITLE, _TEXT = 13.0, 8.0
#: The least height of a row, so that there is room to write; the space around and beside text.
_ROW_MM, _PAD_MM, _GAP_MM = 14.0, 1.2, 3.0
#: What the number of the page takes at the foot.
_FOOT_MM = 6.0


@dataclass(frozen=True)
class Column:
    """A column: its head, and how wide it is; the first line of a cell stands out if `leads`."""

    head: str
    width_mm: float
    leads: bool = False


@dataclass(frozen=True)
class TablePaper:
    """The text of a table.

    Attributes
    ----------
    note : str
        Stands under the title, on each page.
    made_at : datetime
        When what it tells was made; the file's date, so that the same table is the same file.
    numbered : str
        Text at the foot with a place for the page and one for the number of pages.
    rows : tuple of rows
        A row holds the paragraphs of each column.
    """

    title: str
    note: str
    made_at: datetime
    language: str
    numbered: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]


#: The lines of each cell of a row, or of the part of a row that fits on one page.
_Row = list[list[Line]]


def draw_table(paper: TablePaper) -> bytes:
    """Return `paper` as a PDF file.

    A row that does not fit on a page begins on the next one. One that is longer than a page goes on
    there, so that nothing is left out.

    Raises
    ------
    UnprintableError
        If the typeface lacks a character.
    """
    pdf = blank(paper.title, paper.made_at, paper.language)
    check_characters(pdf, _texts(paper))
    top = _draw_head(pdf, paper)
    pages = list(_pages(_rows(pdf, paper), BOTTOM_MM - _FOOT_MM - top))
    for number, rows in enumerate(pages, 1):
        if number > 1:
            pdf.add_page()
            _draw_head(pdf, paper)
        _draw_rows(pdf, rows, top)
        _draw_foot(pdf, paper.numbered % (number, len(pages)))
    return bytes(pdf.output())


def _texts(paper: TablePaper) -> Iterator[str]:
    yield from (paper.title, paper.note, paper.numbered)
    yield from (column.head for column in paper.columns)
    yield from (text for row in paper.rows for cell in row for text in cell)


def _rows(pdf: FPDF, paper: TablePaper) -> Iterator[_Row]:
    return (_row(pdf, paper.columns, row) for row in paper.rows)


def _row(pdf: FPDF, columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> _Row:
    """Return the lines of a row; those of a cell end where its column does."""
    row, left = _Row(), MARGIN_MM
    for column, cell in zip(columns, cells, strict=True):
        right, lines = left + column.width_mm - _GAP_MM, list[Line]()
        for at, text in enumerate(cell):
            is_strong = column.leads and at == 0
            lines += folded(pdf, text, _TEXT, x=left, right=right, is_strong=is_strong)
        row.append(lines)
        left += column.width_mm
    return row


def _pages(rows: Iterator[_Row], room: float) -> Iterator[list[_Row]]:
    """Give the rows of each page, which has `room` mm for them; an empty table has one page."""
    page, used = list[_Row](), 0.0
    for row in rows:
        for part in _parts(row, room):
            if page and used + _height(part) > room:
                yield page
                page, used = [], 0.0
            page.append(part)
            used += _height(part)
    yield page


def _parts(row: _Row, room: float) -> Iterator[_Row]:
    """Give a row, in several parts if it alone is higher than a page."""
    line = next((line.height for cell in row for line in cell), 1.0)
    most = int((room - 2 * _PAD_MM) / line)
    for start in range(0, max(1, *(len(cell) for cell in row)), most):
        yield [cell[start : start + most] for cell in row]


def _height(row: _Row) -> float:
    text = max(sum(line.height for line in cell) for cell in row)
    return max(_ROW_MM, text + 2 * _PAD_MM)


def _draw_head(pdf: FPDF, paper: TablePaper) -> float:
    """Draw title, note and heads; return where the rows begin."""
    top = MARGIN_MM
    title = folded(pdf, paper.title, _TITLE, is_strong=True)
    for line in [*title, *folded(pdf, paper.note, _TEXT)]:
        write(pdf, line, top)
        top += line.height
    heads = _row(pdf, paper.columns, [(column.head,) for column in paper.columns])
    for line in (each for cell in heads for each in cell):
        write(pdf, line._replace(is_strong=True), top + _PAD_MM)
    top += max(sum(line.height for line in cell) for cell in heads) + 2 * _PAD_MM
    pdf.line(MARGIN_MM, top, MARGIN_MM + WIDTH_MM, top)
    return top


def _draw_rows(pdf: FPDF, rows: list[_Row], top: float) -> None:
    for row in rows:
        for cell in row:
            at = top + _PAD_MM
            for line in cell:
                write(pdf, line, at)
                at += line.height
        top += _height(row)
        with pdf.local_context(line_width=0.1):
            pdf.line(MARGIN_MM, top, MARGIN_MM + WIDTH_MM, top)


def _draw_foot(pdf: FPDF, text: str) -> None:
    pdf.set_font("sans", size=_TEXT)
    left = MARGIN_MM + (WIDTH_MM - pdf.get_string_width(text)) / 2
    pdf.text(left, BOTTOM_MM, text)
