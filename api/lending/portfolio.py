"""The portfolio, place by place: archive → tiers → decisions → approved → disbursed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.edition import Edition, Place
from api.funnel import LEVELS
from api.lending.tally import Sums

_TIERS = ("members", "first", "second", "third", "none")
_NAMES = ("county", "township", "village")


def portfolio(
    edition: Edition,
    sums: Mapping[tuple[str, int], Sums],
    level: str,
    within: Place,
    year: int,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` inside `within`, by code.

    A place that left the archive keeps its row as long as the ledger speaks of it, so that the
    parts always add up to the total.
    """
    digits = LEVELS[level]
    rows: dict[str, dict[str, Any]] = {
        row["place_code"]: _row(row) for row in edition.funnel(level, within)
    }
    total, this_year = _by_place(sums, digits, within, None), _by_place(sums, digits, within, year)
    for code in total.keys() - rows.keys():
        rows[code] = _row({"place_code": code})
    for code, row in rows.items():
        row["in_total"] = vars(total.get(code, Sums()))
        row["this_year"] = vars(this_year.get(code, Sums()))
    return [rows[code] for code in sorted(rows)]


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "place_code": found["place_code"],
        **{name: found.get(name) for name in _NAMES},
        **{name: found.get(name, 0) for name in _TIERS},
    }


def _by_place(
    sums: Mapping[tuple[str, int], Sums], digits: int, within: Place, year: int | None
) -> dict[str, Sums]:
    prefixes = tuple(code for code in (within.county, within.township, within.village) if code)
    found: dict[str, Sums] = {}
    for (village, then), each in sums.items():
        if year in (None, then) and all(village.startswith(prefix) for prefix in prefixes):
            place = found.setdefault(village[:digits], Sums())
            place += each
    return found
