"""Cells of a page: one way to write each kind of value, in both languages, escaped."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from model.profile.dictionary import Text
from training.measures.evaluate import Interval
from training.reports.parts import Cell, Column, Points, Table
from training.reports.sections.names import STATUSES

#: Red, green, blue of the most and the fewest points; distinct without colour vision too.
_MOST, _FEWEST = np.array([127, 178, 218]), np.array([236, 167, 125])
_WHITE = np.array([255, 255, 255])
_LEFT = {"text", "code", "status"}


def both(text: Text) -> Markup:
    """Return a text in both languages, of which the page shows one; once if they are the same."""
    if text.zh == text.en:
        return Markup.escape(text.zh)
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(text.zh, text.en)


def alignment(column: Column) -> str:
    """Return the class of a column's cells: words stand left, numbers right."""
    return "left" if column.kind in _LEFT else ""


def cell(column: Column, value: Cell) -> Markup:
    """Return `value` as `column` writes it; nothing for a value that is absent."""
    match value:
        case None:
            return Markup("")
        case Text():
            return both(value)
        case Points():
            return _points(value)
        case Interval():
            return _interval(column, value)
        case str():
            return _word(column, value)
        case _:
            return Markup.escape(_number(column, float(value)))


def _word(column: Column, value: str) -> Markup:
    if column.kind == "status":
        return Markup('<span class="level {}">{}</span>').format(value, both(STATUSES[value]))
    if column.kind == "code":
        # A name may break after an underscore only.
        return Markup("<code>{}</code>").format(Markup("_<wbr>").join(value.split("_")))
    return Markup.escape(value)


def _number(column: Column, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    match column.kind:
        case "percent" | "rate":
            return f"{100 * value:z.{column.digits}f} %"
        case "count":
            return f"{value:,.0f}"
        case "signed":
            return f"{value:+z.{column.digits}f}"
        case _:
            return f"{value:z,.{column.digits}f}"


def _interval(column: Column, value: Interval) -> Markup:
    shown = _number(column, value.value)
    if value.low == value.high:
        return Markup.escape(shown)
    factor = 100 if column.kind == "rate" else 1
    low, high = (f"{factor * end:z.{column.digits}f}" for end in (value.low, value.high))
    return Markup('{} <span class="soft">({} – {})</span>').format(shown, low, high)


def _points(value: Points) -> Markup:
    mark = Markup("<sup>†</sup>") if value.is_few else Markup("")
    return Markup("<b>{}</b>{}").format(value.points, mark)


def shaded_cell(value: Cell) -> Markup:
    """Return a cell of a pair: its points, grey if few rows carry them, and those rows."""
    if not isinstance(value, Points):
        return Markup("")
    style = "few" if value.is_few else ""
    return Markup('<b class="{}">{}</b> <small>{}</small>').format(style, value.points, value.rows)


def shades(table: Table) -> list[list[str]]:
    """Return the colours of the cells of points in `table`, about the mean of its rows."""
    points = [[c for c in row if isinstance(c, Points)] for row in table.rows]
    flat = [c for row in points for c in row]
    weights = np.array([c.rows for c in flat], dtype=np.float64)
    values = np.array([c.points for c in flat], dtype=np.float64)
    mean = float(np.average(values, weights=weights)) if weights.any() else float(values.mean())
    widest = max(float(np.abs(values - mean).max()), 1.0)
    return [[_colour((c.points - mean) / widest) for c in row] for row in points]


def _colour(gain: float) -> str:
    """Return the colour of a gain from -1 to 1 against the mean points."""
    end = _MOST if gain > 0 else _FEWEST
    red, green, blue = (_WHITE + abs(gain) * (end - _WHITE)).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
