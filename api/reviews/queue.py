"""The review queue, longest wait first, and the report of overrides, both bounded by place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from api.cases.case import member_named, state_body
from api.cases.state import OPEN, DecisionState
from api.decisions.rulings import RULINGS, earlier_rulings
from api.editions.small_cells import is_small
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.portfolio.tally import Tally

_PAGE = 1_000
#: Digits of a county's code.
_COUNTY = 6


def overrides(
    view: View, reaches: Callable[[str], bool], smallest: int | None = None
) -> list[dict[str, Any]]:
    """Return counts by officer, village, reason and direction, most frequent first.

    A review that approved a decline of the service counts as an override. A review of a referred
    case does not, because the service left that answer to a person.

    Parameters
    ----------
    smallest
        Counts by county instead, and hides count and amount of fewer persons.
    """
    counts: dict[tuple[str, ...], dict[str, Any]] = {}
    persons: dict[tuple[str, ...], set[str]] = {}
    for entry in _rulings(view):
        if not reaches(entry.place_code) or not _is_override(entry):
            continue
        via = "override" if entry.kind == "OVERRIDDEN" else "review"
        reason = str(entry.body.get("reason_code"))
        place = entry.place_code if smallest is None else entry.place_code[:_COUNTY]
        key = entry.actor, place, reason, str(entry.outcome), via
        names = ("officer", "place_code", "reason_code", "direction", "via")
        row = counts.setdefault(
            key, {**dict(zip(names, key, strict=True)), "count": 0, "amount_yuan": 0}
        )
        row["count"] += 1
        row["amount_yuan"] += entry.amount_yuan or 0
        persons.setdefault(key, set()).add(entry.subject_id)
    for each, row in counts.items():
        if smallest is not None and is_small(len(persons[each]), smallest):
            row |= {"count": None, "amount_yuan": None}
    found = sorted(counts.items(), key=lambda item: (-(item[1]["count"] or 0), item[0]))
    return [row for _, row in found]


def _is_override(entry: Entry) -> bool:
    if entry.kind == "OVERRIDDEN":
        return True
    return entry.outcome == "APPROVE" and entry.body.get("outcome_before") == "DECLINE"


def _rulings(view: View) -> Iterator[Entry]:
    after = 0
    while page := view.entries_where(RULINGS, after=after, limit=_PAGE):
        yield from page
        after = page[-1].seq


def queue_page(
    tally: Tally, view: View, reaches: Callable[[str], bool], after: int, size: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return up to `size` open cases that entered after seq `after`, and the seq of the last one.

    The second value is None on the last page. A referred case leaves the queue after its last day;
    a review that the member requested stays until there is a verdict.
    """
    rows: list[dict[str, Any]] = []
    waiting = [
        (seq, decision)
        for seq, decision, place_code in tally.open_cases(view)
        if seq > after and reaches(place_code)
    ]
    for seq, state, entries in _states(view, waiting, size + 1):
        if state.status(view.now) in OPEN and view.member_of(state.subject_id) is not None:
            if len(rows) == size:
                return _with_rulings(view, rows), rows[-1]["seq"]
            rows.append(_case(view, state, entries, seq))
    return _with_rulings(view, rows), None


def _with_rulings(view: View, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `rows` with what people ruled on each member before, in one query."""
    rulings = view.entries_of_subjects({row["subject_id"] for row in rows}, RULINGS)
    for row in rows:
        said = rulings.get(row.pop("subject_id"), [])
        row["earlier_rulings"] = earlier_rulings(said, row["decision_id"])
    return rows


def _states(
    view: View, waiting: Sequence[tuple[int, str]], at_once: int
) -> Iterator[tuple[int, DecisionState, list[Entry]]]:
    """Yield the state of each case, reading `at_once` cases per query."""
    for start in range(0, len(waiting), at_once):
        page = waiting[start : start + at_once]
        entries = view.entries_of_decisions([decision for _, decision in page])
        for seq, decision in page:
            yield seq, DecisionState.of(entries[decision]), entries[decision]


def _case(view: View, state: DecisionState, entries: list[Entry], seq: int) -> dict[str, Any]:
    first = next(entry for entry in entries if entry.seq == seq)
    return {
        **state_body(state, view.now),
        "seq": seq,
        "subject_id": state.subject_id,
        "place_code": state.place_code,
        "waiting_since": first.recorded_at,
        "asked_for_by_member": state.is_requested_by_member,
        **member_named(view.identities.person(state.subject_id)),
    }
