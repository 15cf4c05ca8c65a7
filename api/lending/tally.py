"""Sums and the queue over the whole ledger: a fold that is kept in memory and follows the chain.

Nothing of it is stored: it is made from the entries at the first look and catches up at each next
one, so it can never say anything else than the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from api.china_time import year_in_china
from api.ledger.commands import View
from api.ledger.entries import Outline

_PART = 5_000


@dataclass
class Sums:
    """What happened in one village in one year, in China; money in yuan.

    Approvals that were overturned and payments that were cancelled are taken off in the year in
    which that happened, as a ledger books them.
    """

    decisions: int = 0
    approved: int = 0
    approved_yuan: int = 0
    disbursements: int = 0
    disbursed_yuan: int = 0

    def __iadd__(self, other: Sums) -> Sums:
        """Add `other`, part by part."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))
        return self


class Tally:
    """The fold, shared by all requests of a process."""

    def __init__(self) -> None:
        self._seq = 0
        self._sums: dict[tuple[str, int], Sums] = {}
        self._approved: dict[str, int] = {}
        self._open: dict[str, tuple[int, str]] = {}
        self._guard = threading.Lock()

    def sums(self, view: View) -> Mapping[tuple[str, int], Sums]:
        """Return what happened by village and year, up to the last entry `view` sees."""
        with self._guard:
            self._follow(view)
            return {key: Sums(**vars(sums)) for key, sums in self._sums.items()}

    def open_cases(self, view: View) -> list[tuple[int, str, str]]:
        """Return (since which seq, decision id, village) of cases that wait, longest wait first."""
        with self._guard:
            self._follow(view)
            waiting = [(seq, decision, place) for decision, (seq, place) in self._open.items()]
        return sorted(waiting)

    def leave(self, decision_id: str, since: int) -> None:
        """Forget a case that has waited since an entry and whose last day is over."""
        with self._guard:
            if self._open.get(decision_id, (None, ""))[0] == since:
                del self._open[decision_id]

    def follow(self, view: View) -> bool:
        """Take in one more part of what `view` sees; False when there was nothing left."""
        with self._guard:
            return self._take_part(view)

    def _follow(self, view: View) -> None:
        while self._take_part(view):
            pass

    def _take_part(self, view: View) -> bool:
        part = view.outlines(self._seq, _PART)
        for entry in part:
            step = _STEPS.get(entry.kind)
            if step is not None:
                step(self, entry)
        if part:
            self._seq = part[-1].seq
        return bool(part)

    def _at(self, entry: Outline) -> Sums:
        key = entry.place_code, year_in_china(entry.recorded_at)
        return self._sums.setdefault(key, Sums())

    def _approve(self, entry: Outline, yuan: int | None) -> None:
        """Take a decision as approved for `yuan`, or, with None, as not approved."""
        decision = entry.decision_id or ""
        before = self._approved.pop(decision, None)
        if yuan is not None:
            self._approved[decision] = yuan
        sums = self._at(entry)
        sums.approved += (yuan is not None) - (before is not None)
        sums.approved_yuan += (yuan or 0) - (before or 0)

    def decided(self, entry: Outline) -> None:
        """Count a decision of the service: most of what there is, and nothing came before it."""
        sums = self._at(entry)
        sums.decisions += 1
        if entry.outcome == "APPROVE" and entry.amount_yuan is not None:
            self._approved[entry.decision_id or ""] = entry.amount_yuan
            sums.approved += 1
            sums.approved_yuan += entry.amount_yuan
        if entry.outcome == "REFER":
            self._open[entry.decision_id or ""] = entry.seq, entry.place_code

    def asked_for_review(self, entry: Outline) -> None:
        """Put a declined case into the queue."""
        self._open[entry.decision_id or ""] = entry.seq, entry.place_code

    def ruled(self, entry: Outline) -> None:
        """Count what people decided."""
        if entry.outcome == "SECOND_NEEDED":
            return
        self._open.pop(entry.decision_id or "", None)
        self._approve(entry, entry.amount_yuan if entry.outcome == "APPROVE" else None)

    def paid(self, entry: Outline) -> None:
        """Count a payment."""
        sums = self._at(entry)
        sums.disbursements += 1
        sums.disbursed_yuan += entry.amount_yuan or 0

    def paid_back(self, entry: Outline) -> None:
        """Take a cancelled payment off."""
        sums = self._at(entry)
        sums.disbursements -= 1
        sums.disbursed_yuan -= entry.amount_yuan or 0


_STEPS: Mapping[str, Callable[[Tally, Outline], None]] = {
    "DECISION": Tally.decided,
    "REVIEW_REQUESTED": Tally.asked_for_review,
    "REVIEW_DECIDED": Tally.ruled,
    "OVERRIDDEN": Tally.ruled,
    "DISBURSED": Tally.paid,
    "DISBURSEMENT_CANCELLED": Tally.paid_back,
}
