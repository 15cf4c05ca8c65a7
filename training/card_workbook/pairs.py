"""The sheet of pairs: points by the bins of two attributes, as coloured grids."""

from __future__ import annotations

from model.scorecard import Term
from training.bin_table import bin_labels
from training.card_workbook.page import Book, Page, both

_NAME_WIDTH, _BIN_WIDTH = 30, 11


def pairs_page(book: Book) -> None:
    """Add the sheet: a grid for each pair, the first attribute down, the second across."""
    pairs = [term for term in book.card.terms if len(term.attributes) == 2]
    across = max(book.card.bins[term.attributes[1]].size for term in pairs)
    page = book.page("组合 Pairs", (_NAME_WIDTH, *[_BIN_WIDTH] * across), wide=True)
    breaks = []
    for place, term in enumerate(pairs, start=1):
        if page.row:
            breaks.append(page.row)
        _grid(page, book, place, term)
    page.sheet.set_h_pagebreaks(breaks)


def _grid(page: Page, book: Book, place: int, term: Term) -> None:
    down, across = (both(book.card.wording[name].label) for name in term.attributes)
    page.text(0, f"{place}. {down} × {across}", "subtitle")
    page.row += 1
    page.text(0, f"代码 names: {' × '.join(term.attributes)}; 平均分 mean points {term.reference}",
              "note")  # fmt: skip
    page.sheet.set_row(page.row, 30)
    page.row += 1
    rows, columns = (bin_labels(book.card.bins[name]) for name in term.attributes)
    page.heads([f"↓ {down}  → {across}", *map(both, columns)])
    top = page.row
    for label, points in zip(rows, term.points.tolist(), strict=True):
        page.tall(2)
        page.text(0, both(label), "name")
        for column, value in enumerate(points, start=1):
            page.number(column, value)
        page.row += 1
    page.coloured(top, 1, page.row - 1, len(columns))
    page.row += 1
