"""The tally: totals and open cases of the whole ledger, kept in memory and up to date.

The tally is a fold over the entries and never stored, so it cannot contradict the ledger. It reads
new entries whenever it is used. Its size grows with villages, years, open cases and differences
from the bank's books, not with entries.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from api.cases.differences import Differing
from api.core.calendar import date_in_china
from api.ledger.commands import View
from api.ledger.errors import LedgerRefusalError
from api.ledger.writer import Ledger
from api.portfolio.beside import Beside, changed_differences
from api.portfolio.totals import CaseChange, EntryRange, Totals, case_changes, totals_by_place

#: Entries that the database aggregates in one query.
_RANGE_SIZE = 20_000
#: Expired cases stay this long, because they are open again if a fast clock is set back.
_CLOCK_DAYS = 31


class _OpenCase(NamedTuple):
    since: int
    place_code: str
    last_day: str | None


class Tally:
    """The fold, shared by all requests of a process."""

    def __init__(self) -> None:
        self._seq = 0
        self._totals: dict[tuple[str, int], Totals] = {}
        self._open: dict[str, _OpenCase] = {}
        self._differing: dict[str, list[Differing]] = {}
        self._lock = threading.Lock()

    def totals(self, view: View) -> Mapping[tuple[str, int], Totals]:
        """Return totals by village and year, up to the last entry of `view`."""
        with self._lock:
            self._catch_up(view)
            return {key: Totals(**vars(totals)) for key, totals in self._totals.items()}

    def beside(self, view: View) -> Mapping[str, Beside]:
        """Return by village what the bank's books add, up to the last entry of `view`."""
        found: dict[str, Beside] = {}
        for _, each in self.differences(view):
            found.setdefault(each.place_code, Beside()).add(each)
        return found

    def differences(self, view: View) -> list[tuple[str, Differing]]:
        """Return each difference with its subject, settled or not, as of the end of `view`."""
        with self._lock:
            self._catch_up(view)
            found = self._differing.items()
            return [(subject, each) for subject, differing in found for each in differing]

    def differing(self, view: View) -> list[str]:
        """Return the subjects with a difference, settled or not, up to the last entry of `view`."""
        with self._lock:
            self._catch_up(view)
            return sorted(self._differing)

    def open_cases(self, view: View) -> list[tuple[int, str, str]]:
        """Return (first seq, decision id, village) of each open case, longest wait first.

        A case is open until its last day; a review that the member requested has none.
        """
        today = date_in_china(view.now).isoformat()
        with self._lock:
            self._catch_up(view)
            return sorted(
                (case.since, decision, case.place_code)
                for decision, case in self._open.items()
                if case.last_day is None or case.last_day >= today
            )

    def follow(self, view: View) -> bool:
        """Add the next range of entries of `view`; return False if there is none."""
        with self._lock:
            return self._add_range(view)

    def _catch_up(self, view: View) -> None:
        while self._add_range(view):
            pass

    def _add_range(self, view: View) -> bool:
        entry_range = EntryRange(self._seq, min(self._seq + _RANGE_SIZE, view.last_seq))
        if entry_range.upto <= entry_range.after:
            return False
        # Read everything before changing anything: a failing database leaves the fold consistent.
        added = list(totals_by_place(view.connection, entry_range))
        changes = list(case_changes(view.connection, entry_range))
        differing = dict(changed_differences(view, entry_range))
        for village, year, totals in added:
            present = self._totals.setdefault((village, year), Totals())
            present += totals
        for change in changes:
            self._apply(change)
        self._differing.update(differing)
        for subject in [subject for subject, each in differing.items() if not each]:
            del self._differing[subject]
        self._seq = entry_range.upto
        if self._seq == view.last_seq:
            self._drop_expired(view)
        return True

    def _apply(self, change: CaseChange) -> None:
        if change.ends:
            self._open.pop(change.decision_id, None)
            return
        case = _OpenCase(change.seq, change.place_code, change.last_day)
        if change.needs_second and change.decision_id in self._open:
            since, place, last_day = self._open[change.decision_id]
            # A review that the member requested has no last day, and gets none.
            case = _OpenCase(since, place, last_day and change.last_day)
        self._open[change.decision_id] = case

    def _drop_expired(self, view: View) -> None:
        """Drop cases that expired long ago.

        Only after all entries are read: a first approval may extend a case that seems to be over.
        """
        day = (date_in_china(view.now) - timedelta(days=_CLOCK_DAYS)).isoformat()
        expired = [d for d, case in self._open.items() if case.last_day and case.last_day < day]
        for decision in expired:
            del self._open[decision]


@contextlib.asynccontextmanager
async def preloading(ledger: Ledger, tally: Tally) -> AsyncIterator[None]:
    """Fill `tally` from `ledger` on a thread, so that no request waits for it; stop at the end."""
    stop = threading.Event()
    reading = asyncio.create_task(asyncio.to_thread(preload, ledger, tally, stop))
    try:
        yield
    finally:
        stop.set()
        await reading


def preload(ledger: Ledger, tally: Tally, stop: threading.Event) -> None:
    """Read the ledger to its end, one range at a time.

    If the database is away, this ends; the next request reads the ledger.
    """
    with contextlib.suppress(LedgerRefusalError):
        has_more = True
        while has_more and not stop.is_set():
            with ledger.read() as view:
                has_more = tally.follow(view)


async def tally_of(request: Request) -> Tally:
    """Return the tally of this process."""
    tally: Tally = request.app.state.tally
    return tally


TallyInUse = Annotated[Tally, Depends(tally_of)]
