"""The review queue: cases that wait for a person, longest wait first, bounded by place.

The report of overrides: who overruled the service, where, how often and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from api.cases.case import state_body
from api.cases.state import OPEN, RULINGS, DecisionState
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.portfolio.tally import Tally

_PART = 1_000


def overrides(view: View, reaches: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Return counts by officer, village, reason and direction, most frequent first.

    A review counts where it approved what the service had declined: that overrules it too. One that
    settled a referred case does not, because the service had left the answer to a person.
    """
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in _ruled(view):
        if not reaches(entry.place_code) or not _overrules(entry):
            continue
        via = "override" if entry.kind == "OVERRIDDEN" else "review"
        reason = str(entry.body.get("reason_code"))
        key = entry.actor, entry.place_code, reason, str(entry.outcome), via
        names = ("officer", "place_code", "reason_code", "direction", "via")
        row = found.setdefault(
            key, {**dict(zip(names, key, strict=True)), "count": 0, "amount_yuan": 0}
        )
        row["count"] += 1
        row["amount_yuan"] += entry.amount_yuan or 0
    return [row for _, row in sorted(found.items(), key=lambda item: (-item[1]["count"], item[0]))]


def _overrules(entry: Entry) -> bool:
    if entry.kind == "OVERRIDDEN":
        return True
    return entry.outcome == "APPROVE" and entry.body.get("outcome_before") == "DECLINE"


def _ruled(view: View) -> Iterator[Entry]:
    after = 0
    while part := view.entries_where(RULINGS, after=after, limit=_PART):
        yield from part
        after = part[-1].seq


def queue_page(
    tally: Tally, view: View, reaches: Callable[[str], bool], after: int, size: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return up to `size` open cases that began to wait behind seq `after`, and where to go on.

    A referred case whose last day is over has left the queue; a member's own request never does
    before it is answered.
    """
    rows: list[dict[str, Any]] = []
    waiting = [
        (seq, decision)
        for seq, decision, place_code in tally.open_cases(view)
        if seq > after and reaches(place_code)
    ]
    for seq, state, entries in _stood(view, waiting, size + 1):
        if state.status(view.now) in OPEN and view.member_of(state.subject_id) is not None:
            if len(rows) == size:
                return rows, rows[-1]["seq"]
            rows.append(_case(view, state, entries, seq))
    return rows, None


def _stood(
    view: View, waiting: Sequence[tuple[int, str]], at_once: int
) -> Iterator[tuple[int, DecisionState, list[Entry]]]:
    """Yield how each case stands, reading as many `at_once` as one page needs."""
    for start in range(0, len(waiting), at_once):
        part = waiting[start : start + at_once]
        entries = view.entries_of_decisions([decision for _, decision in part])
        for seq, decision in part:
            yield seq, DecisionState.of(entries[decision]), entries[decision]


def _case(view: View, state: DecisionState, entries: list[Entry], seq: int) -> dict[str, Any]:
    since = next(entry for entry in entries if entry.seq == seq)
    return {
        **state_body(state, view.now),
        "seq": seq,
        "place_code": state.place_code,
        "waiting_since": since.recorded_at,
        "asked_for_by_member": state.is_for_member,
    }
