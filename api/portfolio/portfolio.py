"""The portfolio, place by place: archive → tiers → decisions → approved → disbursed.

Everything is summed from villages, so that the parts add up at every level, and for a caller of
some places as well as for one of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS
from api.portfolio.sums import Sums

_TIERS = ("members", "first", "second", "third", "none")
_NAMES = ("county", "township", "village")


def portfolio(
    edition: Edition,
    sums: Mapping[tuple[str, int], Sums],
    level: str,
    within: Callable[[str], bool],
    year: int,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` that has a village `within`, by code.

    A village that left the archive still counts as long as the ledger speaks of it.

    Parameters
    ----------
    within
        Whether a village (12 digits) is to be counted.
    year
        In China: of ``this_year``.
    """
    names = {row["place_code"]: row for row in edition.funnel(level, PlaceFilter())}
    rows: dict[str, dict[str, Any]] = {}

    def at(village: str) -> dict[str, Any]:
        code = village[: LEVELS[level]]
        return rows.setdefault(code, _empty(code, names.get(code, {})))

    for found in edition.funnel("village", PlaceFilter()):
        if within(found["place_code"]):
            row = at(found["place_code"])
            for step in _TIERS:
                row[step] += found[step]
    for (village, then), each in sums.items():
        if within(village):
            row = at(village)
            row["in_total"] += each
            if then == year:
                row["this_year"] += each
    return [_told(rows[code]) for code in sorted(rows)]


def _empty(code: str, names: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: names.get(name) for name in _NAMES}
    counts = dict.fromkeys(_TIERS, 0)
    return {"place_code": code, **named, **counts, "this_year": Sums(), "in_total": Sums()}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "this_year": vars(row["this_year"]), "in_total": vars(row["in_total"])}
