"""The workbook's sheets, in the order a committee reads them."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from model.card_file import CardFile
from training.card_workbook.attributes import attributes_page
from training.card_workbook.cover import cover_page
from training.card_workbook.page import Book
from training.card_workbook.pairs import pairs_page
from training.card_workbook.scale import scale_page
from training.card_workbook.sources import sources_page


def write_workbook(file: CardFile, path: Path) -> None:
    """Write the card in `file` as a workbook to `path`, replacing what was there.

    The same card gives the same cells; every text is written as text, so that nothing in a label
    or a spelling is ever a formula.
    """
    draft = path.with_name(f".{path.name}.draft")
    with xlsxwriter.Workbook(draft, {"strings_to_urls": False}) as target:
        book = Book(target, file)
        cover_page(book)
        attributes_page(book)
        if any(len(term.attributes) == 2 for term in file.card.terms):
            pairs_page(book)
        scale_page(book)
        sources_page(book)
    draft.replace(path)
