"""Whose the sums of the ledger are: totals by person, so that the money of few is shown to nobody.

A fold over the entries, kept in memory and never stored, as the tally is. It begins with the first
caller who may not see the persons.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.cases.differences import Differing
from api.editions.small_cells import (
    Layout,
    SmallCells,
    persons_of_villages,
    small_cells,
    sums_of_villages,
)
from api.ledger.commands import View
from api.portfolio.beside import Beside
from api.portfolio.totals import EntryRange, Totals, totals_by_person

_RANGE_SIZE = 20_000
#: Earlier years are not shown, but follow from two columns that are.
_PERIODS, _COUNTED = (
    ("this_year", "earlier", "in_total"),
    ("decisions", "approved", "disbursements"),
)
#: Not shown: persons who repaid, and who owe; loans that only the bank has.
_REPAID, _RUNNING, _ONLY_AT_BANK = "repaid", "running", "only_at_bank"
_LOANS = "loans"
#: The count that says how many persons an amount is of.
_AMOUNTS = {"approved_yuan": "approved", "disbursed_yuan": "disbursements", "repaid_yuan": _REPAID}
LAYOUT = Layout(
    counts=(
        *(f"{period}.{name}" for period in _PERIODS for name in (*_COUNTED, _REPAID)),
        _LOANS,
        _RUNNING,
        _ONLY_AT_BANK,
    ),
    sums=(
        (_LOANS, "in_total.disbursements", _ONLY_AT_BANK),
        *((f"in_total.{name}", f"this_year.{name}", f"earlier.{name}") for name in _COUNTED),
    ),
    # What was paid, less what was repaid, is out; this year and earlier ones make the total.
    apart=(
        ("in_total.disbursements", f"in_total.{_REPAID}", _RUNNING),
        tuple(f"{period}.{_REPAID}" for period in _PERIODS),
    ),
    amounts={
        f"{period}.{amount}": f"{period}.{count}"
        for period in _PERIODS
        for amount, count in _AMOUNTS.items()
    }
    | {"exposure_yuan": _RUNNING},
)

#: Totals of each person by village and year.
ByPerson = Mapping[tuple[str, int], Mapping[str, Totals]]


class Persons:
    """The fold of one process, shared by its requests."""

    def __init__(self) -> None:
        self._seq = 0
        self._found: dict[tuple[str, int], dict[str, Totals]] = {}
        #: Of the ledger up to its last entry read, by year and threshold.
        self._small: dict[tuple[int, int], SmallCells] = {}
        self._lock = threading.Lock()

    def small_cells(
        self, view: View, differences: Iterable[tuple[str, Differing]], year: int, smallest: int
    ) -> SmallCells:
        """Return the cells of the ledger's sums that are of fewer than `smallest` persons.

        Parameters
        ----------
        differences
            What the bank's books add, by subject, as of the end of `view`.
        """
        with self._lock:
            self._catch_up(view)
            if (year, smallest) not in self._small:
                found = small_sums(self._found, differences, year, smallest)
                self._small[year, smallest] = found
            return self._small[year, smallest]

    def _catch_up(self, view: View) -> None:
        while self._seq < view.last_seq:
            self._small = {}
            upto = min(self._seq + _RANGE_SIZE, view.last_seq)
            # Read everything before changing anything: a failing database leaves the fold whole.
            added = list(totals_by_person(view.connection, EntryRange(self._seq, upto)))
            for village, year, subject, totals in added:
                persons = self._found.setdefault((village, year), {})
                mine = persons.setdefault(subject, Totals())
                mine += totals
            self._seq = upto


@dataclass
class _Person:
    """What one person adds to the sums of one village."""

    this_year: Totals
    earlier: Totals
    beside: Beside

    def counts(self) -> dict[str, tuple[int, bool]]:
        """Return by column what the person adds, and whether that or its amount is something."""
        in_total = Totals()
        in_total += self.this_year
        in_total += self.earlier
        found: dict[str, tuple[int, bool]] = {}
        for period, each in zip(_PERIODS, (self.this_year, self.earlier, in_total), strict=True):
            repaid = each.repaid_yuan != 0
            found |= {
                f"{period}.decisions": (each.decisions, each.decisions != 0),
                f"{period}.approved": _counted(each.approved, each.approved_yuan),
                f"{period}.disbursements": _counted(each.disbursements, each.disbursed_yuan),
                f"{period}.{_REPAID}": (int(repaid), repaid),
            }
        out = in_total.disbursed_yuan - in_total.repaid_yuan + self.beside.extra_yuan
        found[_LOANS] = _counted(in_total.disbursements + self.beside.loans, out)
        found[_RUNNING] = (int(out != 0), out != 0)
        found[_ONLY_AT_BANK] = (self.beside.loans, self.beside.loans != 0)
        return found


def _counted(count: int, amount: int) -> tuple[int, bool]:
    return count, count != 0 or amount != 0


def small_sums(
    found: ByPerson, differences: Iterable[tuple[str, Differing]], year: int, smallest: int
) -> SmallCells:
    """Return the cells of sums by place that are of few persons, or reveal one that is."""
    persons: dict[tuple[str, str], _Person] = {}

    def person(village: str, subject: str) -> _Person:
        return persons.setdefault((village, subject), _Person(Totals(), Totals(), Beside()))

    for (village, of), totals in found.items():
        for subject, each in totals.items():
            mine = person(village, subject)
            into = mine.this_year if of == year else mine.earlier
            into += each
    for subject, differing in differences:
        person(differing.place_code, subject).beside.add(differing)
    villages: dict[str, dict[str, int]] = {}
    people: dict[str, dict[str, set[str]]] = {}
    for (village, subject), mine in persons.items():
        row = villages.setdefault(village, dict.fromkeys(LAYOUT.counts, 0))
        behind = people.setdefault(village, {})
        for column, (count, is_something) in mine.counts().items():
            row[column] += count
            if is_something:
                behind.setdefault(column, set()).add(subject)
    return small_cells(
        sums_of_villages(villages.items(), LAYOUT.counts),
        LAYOUT,
        smallest,
        persons_of_villages(people, LAYOUT.counts, smallest),
    )


async def persons_of(request: Request) -> Persons:
    """Return the totals by person of this process."""
    persons: Persons = request.app.state.persons
    return persons


PersonsInUse = Annotated[Persons, Depends(persons_of)]
