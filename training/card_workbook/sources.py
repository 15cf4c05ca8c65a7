"""The last sheet: where the card came from, what it derives, what members are told."""

from __future__ import annotations

from training.card_workbook.page import Book, Page


def sources_page(book: Book) -> None:
    """Add the sheet: provenance, then the reasons of every attribute."""
    page = book.page("来源 Provenance", (30, 50, 50), wide=True)
    page.text(0, "来源 Provenance", "subtitle")
    page.row += 1
    for name, value in book.card.provenance.items():
        page.text(0, name, "name")
        page.merged(1, 2, value, "code")
        page.row += 1
    page.row += 1
    _derived(page, book)
    page.text(0, "告知原因 What a member is told", "subtitle")
    page.row += 1
    page.heads(("代码 Name", "失分 Points lost", "缺失 Missing"))
    for name in book.card.attributes:
        wording = book.card.wording[name]
        page.text(0, name, "code")
        page.text(1, f"{wording.reason.zh}\n{wording.reason.en}")
        page.text(2, f"{wording.missing.zh}\n{wording.missing.en}")
        page.sheet.set_row(page.row, 44)
        page.row += 1


def _derived(page: Page, book: Book) -> None:
    """Add how each derived attribute is computed, if the card has any."""
    if not book.card.derived:
        return
    page.text(0, "派生指标 Derived attributes", "subtitle")
    page.row += 1
    page.heads(("代码 Name", "算法 Formula", "缺失 Missing where"))
    for own in book.card.derived.values():
        is_ratio = own.kind == "ratio"
        page.text(0, own.name, "code")
        page.text(1, f"{own.first} {'÷' if is_ratio else '−'} {own.second}", "code")
        page.text(2, _NOT_ABOVE_ZERO if is_ratio else _EITHER)
        page.row += 1
    page.row += 1


_EITHER = "任一项缺失 either is missing"
_NOT_ABOVE_ZERO = f"{_EITHER}; 除数不大于零 the divisor is not above zero"
