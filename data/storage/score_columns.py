"""The columns that scoring adds to a flat table, named so that they never meet a column of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

_POINTS = re.compile(r"points(_card(_[0-9]+)?)?")


def free_names(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return `names`; if any of them is in `taken`, all with the first ending that is free.

    The endings are ``_card``, ``_card_2``, ``_card_3`` and so on.
    """
    endings = ("" if n == 0 else "_card" if n == 1 else f"_card_{n}" for n in count())
    renamed = ([name + ending for name in names] for ending in endings)
    return next(each for each in renamed if not set(each) & set(taken))


def points_column(names: Sequence[str]) -> str | None:
    """Return the points that scoring added last: it appends its columns."""
    return next((name for name in reversed(names) if _POINTS.fullmatch(name)), None)
