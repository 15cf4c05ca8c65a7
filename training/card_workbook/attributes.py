"""The sheet of attributes: every bin of every attribute with its points."""

from __future__ import annotations

from model.scorecard import Term
from training.bin_table import bin_labels
from training.card_workbook.page import Book, Page, both

_HEADS = (
    "指标 Attribute", "代码 Name", "可改善 Actionable", "箱 Bin", "取值 Values", "分数 Points",
    "平均分 Mean points",
)  # fmt: skip
_POINTS = 5


def attributes_page(book: Book) -> None:
    """Add the sheet; an attribute scored only in pairs is listed with its bins all the same."""
    page = book.page("指标 Attributes", (34, 26, 11, 6, 40, 9, 11), wide=True)
    page.heads(_HEADS)
    page.sheet.repeat_rows(0)
    page.sheet.freeze_panes(1, 0)
    single = {t.attributes[0]: t for t in book.card.terms if len(t.attributes) == 1}
    for name in book.card.attributes:
        _attribute(page, book, name, single.get(name))
    page.sheet.autofilter(0, 0, page.row - 1, len(_HEADS) - 1)
    page.coloured(1, _POINTS, page.row - 1, _POINTS)


def _attribute(page: Page, book: Book, name: str, term: Term | None) -> None:
    wording = book.card.wording[name]
    for code, label in enumerate(bin_labels(book.card.bins[name])):
        # Every row names its attribute, so that filtering and page breaks lose nothing.
        page.tall(2)
        page.text(0, both(wording.label), "name")
        page.text(1, name, "code")
        page.text(2, "是 yes" if wording.actionable else "否 no")
        page.number(3, code)
        page.text(4, both(label))
        if term is None:
            page.text(_POINTS, "见组合 see pairs")
            page.text(6, "—")
        else:
            page.number(_POINTS, int(term.points[code]))
            page.number(6, term.reference)
        page.row += 1
