"""Workbook and sheet in house style: text that never becomes a formula, printed on A4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xlsxwriter

from data.importing.cells.masking import escape_formula
from model.profile.dictionary import Text

_A4 = 9
#: Red for the fewest points, blue for the most; distinct in grey print too (Okabe & Ito 2008).
_FEW, _MIDDLE, _MANY = "#E8A07A", "#FFFFFF", "#7FB2DA"
_FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 20},
    "subtitle": {"bold": True, "font_size": 12},
    "head": {"bold": True, "bg_color": "#E6EEF5", "border": 1, "border_color": "#9FB6C8",
             "text_wrap": True, "align": "center"},
    "cell": {"border": 1, "border_color": "#D0D7DE", "text_wrap": True},
    "name": {"border": 1, "border_color": "#D0D7DE", "text_wrap": True, "bold": True,
             "valign": "top"},
    "code": {"border": 1, "border_color": "#D0D7DE", "font_name": "Consolas", "font_size": 9,
             "text_wrap": True, "valign": "top"},
    "number": {"border": 1, "border_color": "#D0D7DE", "num_format": "0", "align": "right"},
    "percent": {"border": 1, "border_color": "#D0D7DE", "num_format": "0.00%", "align": "right"},
    "decimal": {"border": 1, "border_color": "#D0D7DE", "num_format": "0.0000", "align": "right"},
    "note": {"font_color": "#555555", "text_wrap": True, "valign": "top"},
    "sign": {"bottom": 1},
}  # fmt: skip


def both(text: Text) -> str:
    """Return the text in both languages, or once if they are the same."""
    return text.zh if text.zh == text.en else f"{text.zh} {text.en}"


class Workbook:
    """A workbook being written, with its styles; `title` stands at the foot of every sheet."""

    def __init__(self, book: xlsxwriter.Workbook, title: str) -> None:
        self._book = book
        # An ampersand starts a code in a footer, so it is doubled.
        self._title = title.replace("&", "&&")[:120]
        self._styles = {name: book.add_format(_FONT | s) for name, s in _STYLES.items()}

    def add_sheet(self, name: str, widths: Sequence[float], *, wide: bool = False) -> Sheet:
        """Add a sheet with columns `widths` letters wide, printed one page across."""
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        if wide:
            sheet.set_landscape()
        sheet.set_footer(f"&L&8{self._title}&R&8&P / &N")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return Sheet(sheet, self._styles)


class Sheet:
    """One sheet, written from the top down."""

    def __init__(self, sheet: Any, styles: dict[str, Any]) -> None:
        self.worksheet = sheet
        self.row = 0
        self._styles = styles

    def text(self, column: int, text: str, style: str = "cell") -> None:
        """Write `text` into the current row, never as a formula, a number or a link."""
        self.worksheet.write_string(self.row, column, escape_formula(text), self._styles[style])

    def number(self, column: int, value: float, style: str = "number") -> None:
        """Write `value` into the current row."""
        self.worksheet.write_number(self.row, column, value, self._styles[style])

    def merged(self, first: int, last: int, text: str, style: str) -> None:
        """Write `text` over the columns `first` to `last` of the current row."""
        self.worksheet.merge_range(self.row, first, self.row, last, "", self._styles[style])
        self.text(first, text, style)

    def heading_row(self, names: Sequence[str], first: int = 0) -> None:
        """Write column headings into the current row and move to the next."""
        self.set_lines(3)
        for column, name in enumerate(names, start=first):
            self.text(column, name, "head")
        self.row += 1

    def set_lines(self, lines: int) -> None:
        """Set the height of the current row to so many lines; not every program does it itself."""
        self.worksheet.set_row(self.row, 14 * lines + 2)

    def colour_block(self, top: int, left: int, bottom: int, right: int) -> None:
        """Colour a block of points from the fewest to the most."""
        self.worksheet.conditional_format(
            top, left, bottom, right,
            {"type": "3_color_scale", "min_color": _FEW, "mid_color": _MIDDLE, "max_color": _MANY},
        )  # fmt: skip
