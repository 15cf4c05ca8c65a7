"""The house style of pictures: SVG with text in both languages, legible in grey and on paper."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import PercentFormatter

from model.profile.dictionary import Text

#: Fonts with Chinese characters on common systems; the first one present is used.
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS",
)  # fmt: skip
_FALLBACK = "DejaVu Sans"

#: Distinct without colour vision too (Okabe & Ito 2008), and in grey print.
GOOD, BAD, EARLIER, GREY = "#0072B2", "#D55E00", "#8FB8D6", "#6B6B6B"
_MAX_LABEL = 28


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style without changing matplotlib's own settings."""
    style = {
        "font.family": [_font(), _FALLBACK], "font.size": 8.5, "axes.titlesize": 8.5,
        "legend.frameon": False, "svg.fonttype": "none", "svg.hashsalt": "rongzi-e",
    }  # fmt: skip
    with mpl.rc_context(style):
        yield


def one_panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of `width` by `height` inches with one plain panel."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    plain(axes)
    return figure, axes


def plain(axes: Axes) -> None:
    """Remove all lines but the axes and a light horizontal grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", lw=0.6)
    axes.set_axisbelow(True)


def percent(axes: Axes, both: bool = False) -> None:
    """Label the vertical axis in percent, or both axes."""
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    if both:
        percent_across(axes)


def percent_across(axes: Axes) -> None:
    """Label the horizontal axis in percent."""
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))


class Words:
    """The words of one picture: drawn in English, written into the SVG in both languages."""

    def __init__(self) -> None:
        self._chinese: dict[str, str] = {}

    def __call__(self, zh: str, en: str) -> str:
        """Return the text to draw, and keep its Chinese."""
        self._chinese[en] = zh
        return en

    def in_both(self, drawn: str) -> str:
        """Return the SVG `drawn` with each kept text twice; the page shows one language."""
        return _TEXT.sub(self._twice, drawn)

    def _twice(self, found: re.Match[str]) -> str:
        opening, content = found[1], html.unescape(found[2])
        zh = self._chinese.get(content)
        if zh is None or zh == content:
            return found[0]
        return f'{opening} lang="zh">{html.escape(zh)}</text>{opening} lang="en">{found[2]}</text>'


_TEXT = re.compile(r"(<text[^>]*)>([^<]*)</text>")
_CHINESE_TEXT = re.compile(r'<text[^>]* lang="zh">[^<]*</text>')


def svg(figure: Figure, words: Words | None = None) -> str:
    """Return `figure` as SVG; the same figure gives the same text."""
    drawn = BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue().decode()
    return words.in_both(text) if words else text


def in_english(picture: str) -> str:
    """Return a picture with its English texts alone, for a file of its own."""
    return _CHINESE_TEXT.sub("", picture)


def drawable(label: Text, otherwise: str) -> str:
    """Return the English label, shortened, or `otherwise` if the installed fonts lack its letters.

    A letter that no font has would be drawn as an empty box. The report's table has the full label.
    """
    if not all(ord(letter) in _letters() for letter in label.en):
        return otherwise
    return label.en if len(label.en) <= _MAX_LABEL else label.en[: _MAX_LABEL - 1] + "…"


@cache
def _font() -> str:
    present = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in present), _FALLBACK)


@cache
def _letters() -> frozenset[int]:
    fonts = [font_manager.findfont(name) for name in {_font(), _FALLBACK}]
    return frozenset(c for font in fonts for c in FT2Font(Path(font)).get_charmap())
