"""A page of paper: what stands on it, and drawing it as a PDF file of one A4 page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN_MM, _WIDTH_MM, _BOTTOM_MM = 18.0, 174.0, 279.0
#: Sizes of the text in points, the first that fits; below the last it is too small to read.
_SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
_MM_A_POINT = 25.4 / 72
_LEADING, _INDENT_MM, _GAP_MM, _FOOT_MM = 1.5, 4.0, 2.5, 16.0
#: What is never parted: a number or a word, with the marks that may not begin or end a line.
_UNIT = re.compile(r"[（《“‘]*(?:[!-~¥−]+|.)[，。；：、？！）》”’]*")


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, the sentence that stands out, sentences, a list."""

    heading: str
    lead: str
    sentences: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """The text of one page.

    Attributes
    ----------
    made_at : datetime
        When what it tells was made; the file's date, so that the same page is the same file.
    facts : tuple of (name, text)
    to_fill : tuple of str
        Names of the spaces that are filled in by hand.
    """

    title: str
    made_at: datetime
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    to_fill: tuple[str, ...]


class UnprintableError(Exception):
    """The typeface lacks a character of the page; it is not named, for it may be of a name."""


class _Line(NamedTuple):
    text: str
    size: float
    x: float
    is_strong: bool = False
    above: float = 0.0

    @property
    def height(self) -> float:
        return self.size * _MM_A_POINT * _LEADING


def draw(paper: Paper) -> bytes:
    """Return `paper` as a PDF file: one A4 page, its typeface inside, its text readable.

    The text gets smaller until it fits. If it does not fit at the smallest size that can be read, a
    second page follows: nothing is left out.

    Raises
    ------
    UnprintableError
        If the typeface lacks a character.
    """
    pdf = _blank(paper)
    _check_characters(pdf, paper)
    lines = next((each for each in _at_sizes(pdf, paper) if _fits(each)), None)
    top = _MARGIN_MM
    for line in lines or _lines(pdf, paper, _SIZES[-1]):
        top = _below(pdf, top + line.above, line.height)
        _write(pdf, line, top)
        top += line.height
    _draw_foot(pdf, paper.to_fill, _below(pdf, top, _FOOT_MM))
    return bytes(pdf.output())


def _blank(paper: Paper) -> FPDF:
    from fpdf import FPDF
    from pylopdf_fonts_zh_cn import sans_path

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(paper.title)
    pdf.set_lang("zh-CN")
    pdf.set_creation_date(paper.made_at)
    pdf.add_font("sans", fname=sans_path())
    pdf.add_page()
    return pdf


def _check_characters(pdf: FPDF, paper: Paper) -> None:
    pdf.set_font("sans", size=_SIZES[0])
    known: Any = pdf.current_font
    if any(ord(each) not in known.cmap for each in "".join(_texts(paper))):
        raise UnprintableError


def _texts(paper: Paper) -> Iterator[str]:
    yield paper.title
    yield from paper.to_fill
    for fact in paper.facts:
        yield from fact
    for section in paper.sections:
        yield from (section.heading, section.lead, *section.sentences, *section.items)


def _at_sizes(pdf: FPDF, paper: Paper) -> Iterator[list[_Line]]:
    for size in _SIZES:
        yield _lines(pdf, paper, size)


def _fits(lines: list[_Line]) -> bool:
    height = sum(line.above + line.height for line in lines)
    return _MARGIN_MM + height + _FOOT_MM <= _BOTTOM_MM


def _lines(pdf: FPDF, paper: Paper, size: float) -> list[_Line]:
    """Return the lines of `paper` with text of `size` points, from top to bottom."""
    fold = partial(_folded, pdf)
    found = fold(paper.title, size * 1.5, is_strong=True, is_centred=True)
    for at, (name, text) in enumerate(paper.facts):
        found += fold(f"{name}：{text}", size, above=0.0 if at else _GAP_MM)
    for section in paper.sections:
        found += fold(section.heading, size * 1.1, is_strong=True, above=_GAP_MM)
        found += fold(section.lead, size, is_strong=True)
        for sentence in section.sentences:
            found += fold(sentence, size)
        for item in section.items:
            found += fold(f"• {item}", size, x=_MARGIN_MM + _INDENT_MM)
    return found


def _folded(
    pdf: FPDF,
    text: str,
    size: float,
    *,
    x: float = _MARGIN_MM,
    is_strong: bool = False,
    is_centred: bool = False,
    above: float = 0.0,
) -> list[_Line]:
    """Return `text` in lines that end at the right margin; `above` is the gap over the first."""
    pdf.set_font("sans", size=size)
    width, folded, line = _MARGIN_MM + _WIDTH_MM - x, [], ""
    for unit in _units(pdf, text, width):
        if line and pdf.get_string_width(line + unit) > width:
            folded.append(line.rstrip())
            line = ""
        line += unit.lstrip() if not line else unit
    folded += [line] if line else []
    lines = []
    for at, each in enumerate(folded):
        left = x + (width - pdf.get_string_width(each)) / 2 if is_centred else x
        lines.append(_Line(each, size, left, is_strong, 0.0 if at else above))
    return lines


def _units(pdf: FPDF, text: str, width: float) -> Iterator[str]:
    """Cut `text` where a line may end; what is wider than a line may end anywhere."""
    for unit in _UNIT.findall(" ".join(text.split())):
        yield from [unit] if pdf.get_string_width(unit) <= width else unit


def _below(pdf: FPDF, top: float, height: float) -> float:
    """Return where a part of that height begins: at `top`, or on the next page."""
    if top + height <= _BOTTOM_MM:
        return top
    pdf.add_page()
    return _MARGIN_MM


def _write(pdf: FPDF, line: _Line, top: float) -> None:
    from fpdf.enums import TextMode

    # The package holds one weight: what stands out is drawn with its outline.
    mode = TextMode.FILL_STROKE if line.is_strong else TextMode.FILL
    with pdf.local_context(text_mode=mode, line_width=line.size * 0.01):
        pdf.set_font("sans", size=line.size)
        pdf.text(line.x, top + line.height * 0.7, line.text)


def _draw_foot(pdf: FPDF, names: tuple[str, ...], top: float) -> None:
    """Draw the spaces that are filled in by hand side by side."""
    pdf.set_font("sans", size=_SIZES[2])
    width, base = _WIDTH_MM / max(1, len(names)), top + _FOOT_MM - 2
    for at, name in enumerate(names):
        left = _MARGIN_MM + at * width
        pdf.text(left, base, name)
        pdf.line(left + pdf.get_string_width(name) + 2, base + 1, left + width - 4, base + 1)
