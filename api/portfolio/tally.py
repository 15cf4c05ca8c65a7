"""Sums and the queue over the whole ledger: a fold that is kept in memory and follows the chain.

Nothing of it is stored: it is made from the entries at the first look and catches up at each next
one, so it can never say anything else than the ledger. The database reckons; what is kept grows
with villages, years and cases that wait, not with entries.

The fold over the ledger begun when the service starts, so that nobody waits for all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from api.core.calendar import date_in_china
from api.ledger.commands import View
from api.ledger.errors import LedgerRefusalError
from api.ledger.writer import Ledger
from api.portfolio.portfolio import CaseChange, EntryRange, Sums, case_changes, sums_by_place

#: Entries that the database reckons at once.
_STRETCH = 20_000
#: A clock that ran ahead and is put right finds again what had run out meanwhile.
_CLOCK_DAYS = 31


class _Waiting(NamedTuple):
    since: int
    place_code: str
    last_day: str | None


class Tally:
    """The fold, shared by all requests of a process."""

    def __init__(self) -> None:
        self._seq = 0
        self._sums: dict[tuple[str, int], Sums] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._guard = threading.Lock()

    def sums(self, view: View) -> Mapping[tuple[str, int], Sums]:
        """Return what happened by village and year, up to the last entry `view` sees."""
        with self._guard:
            self._follow(view)
            return {key: Sums(**vars(sums)) for key, sums in self._sums.items()}

    def open_cases(self, view: View) -> list[tuple[int, str, str]]:
        """Return (since which seq, decision id, village) of cases that wait, longest wait first.

        A case whose last day is over does not wait; one that its member asked for has none.
        """
        today = date_in_china(view.now).isoformat()
        with self._guard:
            self._follow(view)
            return sorted(
                (case.since, decision, case.place_code)
                for decision, case in self._waiting.items()
                if case.last_day is None or case.last_day >= today
            )

    def follow(self, view: View) -> bool:
        """Take in one more stretch of what `view` sees; False when there was nothing left."""
        with self._guard:
            return self._take_stretch(view)

    def _follow(self, view: View) -> None:
        while self._take_stretch(view):
            pass

    def _take_stretch(self, view: View) -> bool:
        stretch = EntryRange(self._seq, min(self._seq + _STRETCH, view.last_seq))
        if stretch.upto <= stretch.after:
            return False
        # All is read before any is taken in: a database that fails on the way leaves a whole fold.
        happened = list(sums_by_place(view.connection, stretch))
        turned = list(case_changes(view.connection, stretch))
        for village, year, sums in happened:
            found = self._sums.setdefault((village, year), Sums())
            found += sums
        for turn in turned:
            self._turn(turn)
        self._seq = stretch.upto
        if self._seq == view.last_seq:
            self._forget(view)
        return True

    def _turn(self, turn: CaseChange) -> None:
        if turn.ends:
            self._waiting.pop(turn.decision_id, None)
            return
        waits = _Waiting(turn.seq, turn.place_code, turn.last_day)
        if turn.asks_for_second and turn.decision_id in self._waiting:
            since, place, last_day = self._waiting[turn.decision_id]
            # A member's own request has no last day, and keeps none.
            waits = _Waiting(since, place, last_day and turn.last_day)
        self._waiting[turn.decision_id] = waits

    def _forget(self, view: View) -> None:
        """Forget cases that ran out long ago.

        Not before all is read: a first of two reviewers may have lengthened what seems to be over.
        """
        day = (date_in_china(view.now) - timedelta(days=_CLOCK_DAYS)).isoformat()
        over = [d for d, case in self._waiting.items() if case.last_day and case.last_day < day]
        for decision in over:
            del self._waiting[decision]


@contextlib.asynccontextmanager
async def preloading(ledger: Ledger, tally: Tally) -> AsyncIterator[None]:
    """Let `tally` follow `ledger` on a thread of its own; the block's end stops it."""
    stop = threading.Event()
    reading = asyncio.create_task(asyncio.to_thread(preload, ledger, tally, stop))
    try:
        yield
    finally:
        stop.set()
        await reading


def preload(ledger: Ledger, tally: Tally, stop: threading.Event) -> None:
    """Follow the ledger to its end, a stretch at a time.

    With the database away nothing is read ahead: whoever asks later has it read then.
    """
    with contextlib.suppress(LedgerRefusalError):
        more = True
        while more and not stop.is_set():
            with ledger.read() as view:
                more = tally.follow(view)


async def tally_of(request: Request) -> Tally:
    """Return the sums over the ledger that this process keeps."""
    found: Tally = request.app.state.tally
    return found


TallyInUse = Annotated[Tally, Depends(tally_of)]
