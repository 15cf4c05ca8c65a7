"""A page of paper: what stands on it, and drawing it as a PDF file of one A4 page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from api.console.typesetting import (
    BOTTOM_MM,
    MARGIN_MM,
    WIDTH_MM,
    Line,
    below,
    blank,
    check_characters,
    folded,
    write,
)  # fmt: skip

if TYPE_CHECKING:
    from fpdf import FPDF

#: Sizes of the text in points, the first that fits; below the last it is too small to read.
_SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
_INDENT_MM, _GAP_MM, _FOOT_MM = 4.0, 2.5, 16.0


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


def draw(paper: Paper) -> bytes:
    """Return `paper` as a PDF file: one A4 page, its typeface inside, its text readable.

    The text gets smaller until it fits. If it does not fit at the smallest size that can be read, a
    second page follows: nothing is left out.

    Raises
    ------
    UnprintableError
        If the typeface lacks a character.
    """
    pdf = blank(paper.title, paper.made_at)
    check_characters(pdf, _texts(paper))
    lines = next((each for each in _at_sizes(pdf, paper) if _fits(each)), None)
    top = MARGIN_MM
    for line in lines or _lines(pdf, paper, _SIZES[-1]):
        top = below(pdf, top + line.above, line.height)
        write(pdf, line, top)
        top += line.height
    _draw_foot(pdf, paper.to_fill, below(pdf, top, _FOOT_MM))
    return bytes(pdf.output())


def _texts(paper: Paper) -> Iterator[str]:
    yield paper.title
    yield from paper.to_fill
    for fact in paper.facts:
        yield from fact
    for section in paper.sections:
        yield from (section.heading, section.lead, *section.sentences, *section.items)


def _at_sizes(pdf: FPDF, paper: Paper) -> Iterator[list[Line]]:
    for size in _SIZES:
        yield _lines(pdf, paper, size)


def _fits(lines: list[Line]) -> bool:
    height = sum(line.above + line.height for line in lines)
    return MARGIN_MM + height + _FOOT_MM <= BOTTOM_MM


def _lines(pdf: FPDF, paper: Paper, size: float) -> list[Line]:
    """Return the lines of `paper` with text of `size` points, from top to bottom."""
    fold = partial(folded, pdf)
    found = fold(paper.title, size * 1.5, is_strong=True, is_centred=True)
    for at, (name, text) in enumerate(paper.facts):
        found += fold(f"{name}：{text}", size, above=0.0 if at else _GAP_MM)
    for section in paper.sections:
        found += fold(section.heading, size * 1.1, is_strong=True, above=_GAP_MM)
        found += fold(section.lead, size, is_strong=True)
        for sentence in section.sentences:
            found += fold(sentence, size)
        for item in section.items:
            found += fold(f"• {item}", size, x=MARGIN_MM + _INDENT_MM)
    return found


def _draw_foot(pdf: FPDF, names: tuple[str, ...], top: float) -> None:
    """Draw the spaces that are filled in by hand side by side."""
    pdf.set_font("sans", size=_SIZES[2])
    width, base = WIDTH_MM / max(1, len(names)), top + _FOOT_MM - 2
    for at, name in enumerate(names):
        left = MARGIN_MM + at * width
        pdf.text(left, base, name)
        pdf.line(left + pdf.get_string_width(name) + 2, base + 1, left + width - 4, base + 1)
