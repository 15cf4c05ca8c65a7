"""The style of a branch's files: dates, units, separators, titles and totals, all valid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import Ints
from data.simulator.luck import Luck


@dataclass(frozen=True)
class Style:
    """The style in which a branch writes a file.

    Attributes
    ----------
    form : str
        Form of days and months: ``dash``, ``slash``, ``chinese`` or ``compact``.
    units : frozenset of str
        Units in the headers that differ from the contract's: 万元, 公顷, 斤, %.
    titles : int
        Number of title rows above the header.
    real_dates : bool
        Whether a workbook stores dates as numbers in a date format.
    odd_rows : float
        Share of rows with full-width digits or stray spaces.
    """

    form: str
    units: frozenset[str]
    thousands: bool
    titles: int
    total: bool
    real_dates: bool
    odd_rows: float
    encoding: str


FORMS = ("dash", "slash", "chinese", "compact")
_UNITS = ("万元", "公顷", "斤", "%")
_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")


def style_of(luck: Luck, file: str) -> Style:
    """Draw the style of `file`; most branches keep to the form."""
    rng = luck.shared(f"style {file}")
    return Style(
        form=FORMS[int(rng.choice(len(FORMS), p=[0.6, 0.14, 0.14, 0.12]))],
        units=frozenset(unit for unit in _UNITS if rng.random() < 0.15),
        thousands=bool(rng.random() < 0.12),
        titles=int(rng.choice(3, p=[0.6, 0.25, 0.15])),
        total=bool(rng.random() < 0.3),
        real_dates=bool(rng.random() < 0.4),
        odd_rows=float(0.02 * (rng.random() < 0.25)),
        encoding=_ENCODINGS[int(rng.integers(len(_ENCODINGS)))],
    )


def odd_rows(luck: Luck, file: str, style: Style, rows: int) -> Ints:
    """Return the positions of rows with typing accidents."""
    return np.flatnonzero(luck.shared(f"odd {file}").random(rows) < style.odd_rows)
