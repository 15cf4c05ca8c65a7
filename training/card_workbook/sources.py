"""The last sheet: where the card came from, and what members are told for losing points."""

from __future__ import annotations

from training.card_workbook.page import Book


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
