"""Text on pages of a PDF file: its typeface, its lines, and where a line may end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN_MM, WIDTH_MM, BOTTOM_MM = 18.0, 174.0, 279.0
_MM_A_POINT, _LEADING = 25.4 / 72, 1.5
#: What is never parted: a number or a word, with the marks that may not begin or end a line.
_UNIT = re.compile(r"[（《“‘]*(?:[!-~¥−]+|.)[，。；：、？！）》”’]*")


class UnprintableError(Exception):
    """The typeface lacks a character of the page; it is not named, for it may be of a name."""


class Line(NamedTuple):
    """A line of text: `size` in points, `x` and the gap `above` it in mm."""

    text: str
    size: float
    x: float
    is_strong: bool = False
    above: float = 0.0

    @property
    def height(self) -> float:
        """What it takes from the page, in mm."""
        return self.size * _MM_A_POINT * _LEADING


def blank(title: str, made_at: datetime, language: str = "zh-CN") -> FPDF:
    """Return a file with its first page, which is empty.

    Parameters
    ----------
    made_at
        The file's date, so that the same page is the same file.
    """
    from fpdf import FPDF
    from pylopdf_fonts_zh_cn import sans_path

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.set_creation_date(made_at)
    pdf.add_font("sans", fname=sans_path())
    pdf.add_page()
    return pdf


def check_characters(pdf: FPDF, texts: Iterable[str]) -> None:
    """Raise `UnprintableError` if the typeface lacks a character of `texts`."""
    pdf.set_font("sans", size=10)
    known: Any = pdf.current_font
    if any(ord(each) not in known.cmap for each in "".join(texts)):
        raise UnprintableError


def folded(
    pdf: FPDF,
    text: str,
    size: float,
    *,
    x: float = MARGIN_MM,
    right: float = MARGIN_MM + WIDTH_MM,
    is_strong: bool = False,
    is_centred: bool = False,
    above: float = 0.0,
) -> list[Line]:
    """Return `text` in lines from `x` to `right` in mm; `above` is the gap over the first."""
    pdf.set_font("sans", size=size)
    room, folded, line, used = right - x, list[str](), "", 0.0
    for unit in _units(pdf, text, room):
        width = pdf.get_string_width(unit)
        if line and used + width > room:
            folded.append(line.rstrip())
            line, used = "", 0.0
        # A line does not begin with a space.
        begun = unit if line else unit.lstrip()
        line, used = line + begun, used + (width if begun else 0.0)
    folded += [line] if line else []
    lines = []
    for at, each in enumerate(folded):
        left = x + (room - pdf.get_string_width(each)) / 2 if is_centred else x
        lines.append(Line(each, size, left, is_strong, 0.0 if at else above))
    return lines


def _units(pdf: FPDF, text: str, width: float) -> Iterator[str]:
    """Cut `text` where a line may end; what is wider than a line may end anywhere."""
    for unit in _UNIT.findall(" ".join(text.split())):
        yield from [unit] if pdf.get_string_width(unit) <= width else unit


def below(pdf: FPDF, top: float, height: float) -> float:
    """Return where a part of that height begins: at `top`, or on the next page."""
    if top + height <= BOTTOM_MM:
        return top
    pdf.add_page()
    return MARGIN_MM


def write(pdf: FPDF, line: Line, top: float) -> None:
    """Write `line` with its upper edge at `top`, in mm."""
    from fpdf.enums import TextMode

    # The package holds one weight: what stands out is drawn with its outline.
    mode = TextMode.FILL_STROKE if line.is_strong else TextMode.FILL
    with pdf.local_context(text_mode=mode, line_width=line.size * 0.01):
        pdf.set_font("sans", size=line.size)
        pdf.text(line.x, top + line.height * 0.7, line.text)
