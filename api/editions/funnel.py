"""The funnel by place: archive, consent, eligibility, tiers, applications, disbursement.

Members are counted once, by village. Townships, counties and the total are sums of villages, so
that the parts add up at every level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.editions.small_cells import Layout, SmallCells, small_cells
from model.card.bins import Ints
from model.errors import EditionError

#: Length of a place code by level; the total has none.
LEVELS = {"total": 0, "county": 6, "township": 9, "village": 12}


@dataclass(frozen=True)
class Counts:
    """One place's funnel.

    Attributes
    ----------
    members : int
        Members of the archive: ``first + second + third + none``.
    consenting : int
        Members whose consent is in force.
    eligible : int
        Members without a declining knock-out: ``first + second + third``.
    applied, borrowers : int
        Members who have applied for a loan, and who have drawn one, at any time.
    borrowers_this_year, borrowers_earlier : int
        Borrowers who drew since 1 January of the as-of date's year, and who drew before it; one may
        be both.
    disbursed_yuan, disbursed_this_year_yuan : int
        Drawn in total, and since 1 January of the as-of date's year; each loan in integer yuan.
    """

    members: int
    consenting: int
    eligible: int
    first: int
    second: int
    third: int
    none: int
    applied: int
    borrowers: int
    borrowers_this_year: int
    borrowers_earlier: int
    disbursed_yuan: int
    disbursed_this_year_yuan: int

    def reconciles(self) -> bool:
        """Return whether the steps of this place are consistent."""
        return (
            self.members == self.first + self.second + self.third + self.none
            and self.eligible == self.first + self.second + self.third
            and self.eligible <= self.consenting <= self.members
            and self.borrowers <= self.applied <= self.members
            and max(self.borrowers_this_year, self.borrowers_earlier) <= self.borrowers
            and self.borrowers <= self.borrowers_this_year + self.borrowers_earlier
            and self.disbursed_this_year_yuan <= self.disbursed_yuan
        )


STEPS = tuple(field.name for field in fields(Counts))
_THIS_YEAR, _EARLIER = "borrowers_this_year", "borrowers_earlier"
#: What the numbers of a place are to one another.
LAYOUT = Layout(
    counts=(
        "members", "consenting", "eligible", "first", "second", "third", "none", "applied",
        "borrowers", _THIS_YEAR,
    ),
    sums=(("eligible", "first", "second", "third"), ("members", "eligible", "none")),
    at_most=(
        ("eligible", "consenting"), ("consenting", "members"), ("applied", "members"),
        ("borrowers", "applied"), (_THIS_YEAR, "borrowers"),
    ),
    amounts={"disbursed_yuan": "borrowers", "disbursed_this_year_yuan": _THIS_YEAR},
)  # fmt: skip
#: In an edition of a release that did not count the borrowers of the year.
_EARLIER_LAYOUT = replace(
    LAYOUT,
    counts=LAYOUT.counts[:-1],
    at_most=LAYOUT.at_most[:-1],
    amounts=dict.fromkeys(LAYOUT.amounts, "borrowers"),
)
#: Columns that name a place.
_NAMES = ("county", "township", "village")
#: Counts by place code: 12 digits for a village, 9 a township, 6 a county, "" for the total.
Funnel = Mapping[str, Counts]


def funnel(village_code: NDArray[np.object_], steps: Mapping[str, Any]) -> Funnel:
    """Count every step at every level.

    Parameters
    ----------
    village_code
        Shape (n,): each member's village.
    steps
        By name in `STEPS` except ``members``: flags or integer yuan, shape (n,).

    Raises
    ------
    EditionError
        If the steps of a place are inconsistent; the message names the place.
    """
    ones = np.ones(len(village_code), dtype=np.int64)
    table = np.stack(
        [np.asarray({"members": ones, **steps}[step], dtype=np.int64) for step in STEPS], axis=1
    )
    counted: dict[str, Counts] = {}
    codes = village_code.astype(str)
    for digits in LEVELS.values():
        counted |= _count_level(codes, digits, table)
    refuse_unreconciled(counted)
    return counted


def refuse_unreconciled(counted: Funnel) -> None:
    """Refuse counts of which a place is inconsistent, or a level does not add up to the total.

    Raises
    ------
    EditionError
        With the place or level; such counts do not come from one archive.
    """
    for code, counts in counted.items():
        if not counts.reconciles():
            raise EditionError(
                f"the funnel of place {code or 'total'} does not reconcile: {counts}"
            )
    for level, digits in LEVELS.items():
        at_level = [counts for code, counts in counted.items() if len(code) == digits]
        if any(
            sum(getattr(c, step) for c in at_level) != getattr(counted[""], step) for step in STEPS
        ):
            raise EditionError(f"the funnel by {level} does not add up to the total")


def small_cells_of(rows: Iterable[Mapping[str, Any]], smallest: int) -> SmallCells:
    """Return the cells of a funnel that hold fewer than `smallest` persons, or reveal one."""
    cells = {row["place_code"]: row for row in rows}
    if not all(map(counts_borrowers_of_the_year, cells.values())):
        return small_cells(cells, _EARLIER_LAYOUT, smallest)
    persons = {code: {**row, _THIS_YEAR: _behind_this_year(row)} for code, row in cells.items()}
    return small_cells(cells, LAYOUT, smallest, persons)


def _behind_this_year(row: Mapping[str, int]) -> int:
    """Return how few persons the amount of the year tells of.

    What was drawn ever, less what was drawn this year, is of those who drew earlier.
    """
    return min(row[_THIS_YEAR], row[_EARLIER] or row[_THIS_YEAR])


def counts_borrowers_of_the_year(row: Mapping[str, Any]) -> bool:
    """Return whether a row of the funnel says how many drew this year; earlier ones do not."""
    return _THIS_YEAR in row


def sum_to_places(rows: Iterable[Mapping[str, Any]], digits: int) -> list[dict[str, Any]]:
    """Return `rows` of villages summed to places with codes of `digits`, by code."""
    places: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = row["place_code"][:digits]
        names = {name: row[name] if LEVELS[name] <= digits else None for name in _NAMES}
        steps = [step for step in STEPS if step in row]
        place = places.setdefault(code, {"place_code": code, **names, **dict.fromkeys(steps, 0)})
        for step in steps:
            place[step] += row[step]
    return [places[code] for code in sorted(places)]


def _count_level(codes: NDArray[np.str_], digits: int, table: Ints) -> dict[str, Counts]:
    if not digits:
        return {"": Counts(*table.sum(axis=0).tolist())}
    places, row = np.unique(codes.astype(f"U{digits}"), return_inverse=True)
    sums = np.zeros((len(places), table.shape[1]), dtype=np.int64)
    np.add.at(sums, row, table)
    return {str(place): Counts(*line) for place, line in zip(places, sums.tolist(), strict=True)}
