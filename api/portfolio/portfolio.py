"""The portfolio by place: members by tier, decisions, approvals and disbursements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS
from api.portfolio.totals import Totals

_TIERS = ("members", "first", "second", "third", "none")
_NAMES = ("county", "township", "village")


def portfolio(
    edition: Edition,
    totals: Mapping[tuple[str, int], Totals],
    level: str,
    within: Callable[[str], bool],
    year: int,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` that has a village `within`, by code.

    Every row is a sum over villages, so that the rows add up at every level and for a caller of any
    places. A village that left the archive counts as long as the ledger has entries of it.

    Parameters
    ----------
    totals
        By village (12 digits) and year in China.
    within
        Whether a village (12 digits) is to be counted.
    year
        The year of ``this_year``, in China.
    """
    names = {row["place_code"]: row for row in edition.funnel(level, PlaceFilter())}
    rows: dict[str, dict[str, Any]] = {}

    def row_of(village: str) -> dict[str, Any]:
        code = village[: LEVELS[level]]
        return rows.setdefault(code, _empty_row(code, names.get(code, {})))

    for counts in edition.funnel("village", PlaceFilter()):
        if within(counts["place_code"]):
            row = row_of(counts["place_code"])
            for tier in _TIERS:
                row[tier] += counts[tier]
    for (village, year_of_totals), each in totals.items():
        if within(village):
            row = row_of(village)
            row["in_total"] += each
            if year_of_totals == year:
                row["this_year"] += each
    return [_plain(rows[code]) for code in sorted(rows)]


def _empty_row(code: str, names: Mapping[str, Any]) -> dict[str, Any]:
    place = {name: names.get(name) for name in _NAMES}
    counts = dict.fromkeys(_TIERS, 0)
    return {"place_code": code, **place, **counts, "this_year": Totals(), "in_total": Totals()}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "this_year": vars(row["this_year"]), "in_total": vars(row["in_total"])}
