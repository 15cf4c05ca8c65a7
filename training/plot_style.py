"""How pictures look: colours told apart by all, letters the fonts have, repeatable SVG."""

from __future__ import annotations

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

from model.dictionary import Text

#: Fonts that can draw Chinese, by the systems they come with; the first one present is used.
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS",
)  # fmt: skip
_FALLBACK = "DejaVu Sans"

#: Told apart without colour vision too (Okabe & Ito 2008), and in grey print.
GOOD, BAD, EARLIER, GREY = "#0072B2", "#D55E00", "#8FB8D6", "#6B6B6B"
_LONGEST = 22


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style, leaving matplotlib's own settings as they were."""
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
    """Leave only the lines that are read."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", lw=0.6)
    axes.set_axisbelow(True)


def percent(axes: Axes, both: bool = False) -> None:
    """Write the upright axis in percent, or both axes."""
    for axis in (axes.yaxis, axes.xaxis) if both else (axes.yaxis,):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))


def svg(figure: Figure) -> str:
    """Return `figure` as SVG; the same figure gives the same text."""
    drawn = BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue().decode()


def drawable(label: Text, otherwise: str) -> str:
    """Return the English label, shortened, if the fonts at hand have its letters, else `otherwise`.

    A letter no font has would be drawn as an empty box; the report's table tells what it holds.
    """
    if not all(ord(letter) in _letters() for letter in label.en):
        return otherwise
    return label.en if len(label.en) <= _LONGEST else label.en[: _LONGEST - 1] + "…"


@cache
def _font() -> str:
    present = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in present), _FALLBACK)


@cache
def _letters() -> frozenset[int]:
    fonts = [font_manager.findfont(name) for name in {_font(), _FALLBACK}]
    return frozenset(c for font in fonts for c in FT2Font(Path(font)).get_charmap())
