"""The sheet of the scale: grades with their points, and the table from points to PD."""

from __future__ import annotations

import numpy as np

from model.scorecard import Card
from training.card_workbook.page import Book, Page

_ACROSS = 4


def scale_page(book: Book) -> None:
    """Add the sheet: grades first, then the PD table in four columns side by side."""
    page = book.page("PD与等级 PD and grades", (14, 12) * _ACROSS)
    page.text(0, "等级 Grades", "subtitle")
    page.row += 1
    _grades(page, book.card)
    page.row += 1
    page.text(0, "总分对应的违约概率 PD by total points", "subtitle")
    page.row += 1
    _pd_table(page, book.card)


def _grades(page: Page, card: Card) -> None:
    page.heads(("等级 Grade", "PD 不超过 PD at most", "总分不低于 points from", "至 to"))
    held = card.grade(card.pd_points)
    ends = [*card.pd_points[1:].tolist(), None]
    for grade in card.grades:
        inside = np.flatnonzero(held == grade.grade)
        page.text(0, grade.grade, "name")
        page.number(1, grade.pd_at_most, "percent")
        if inside.size:
            first, last = int(inside[0]), int(inside[-1])
            # Totals below the table's first have its PD too.
            page.text(2, str(card.pd_points[first]) if first else "任意 any")
            page.text(3, "以上 and up" if ends[last] is None else str(ends[last] - 1))
        else:
            page.text(2, "无此总分 no total")
            page.text(3, "—")
        page.row += 1


def _pd_table(page: Page, card: Card) -> None:
    page.heads(("总分自 points from", "PD") * _ACROSS)
    rows = -(-len(card.pd_points) // _ACROSS)
    top = page.row
    for place, (points, pd) in enumerate(
        zip(card.pd_points.tolist(), card.pd_values.tolist(), strict=True)
    ):
        page.row = top + place % rows
        column = 2 * (place // rows)
        page.number(column, points)
        page.number(column + 1, pd, "percent")
    page.row = top + rows
