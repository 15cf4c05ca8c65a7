"""Visits on record: read from the ledger, and laid over the profile of an edition.

Decision and payment use this one function; what a visit stands in for: `model.decision.visits`. The
days and the proof of a visit lie open in its entry. What it found is sealed with the person's key,
which erasure destroys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api.core.calendar import date_in_china
from api.editions.edition import Edition, Profile
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from api.ledger.sealed_bodies import found_by
from model.decision.visits import Harvest, Value, Visit, confirmed, counts_visits, withdrawn
from model.policy.policy import Policy

#: Visits, and the withdrawals of visits that were recorded by mistake.
VISITED: tuple[Kind, ...] = ("VISITED", "VISIT_WITHDRAWN")
#: Field of a decision's entry: the ids of the visits that changed the profile it stores.
VISITS = "visits"


@dataclass(frozen=True)
class Record:
    """A visit with what is kept beside its figures: who recorded it, the proof seen, the note."""

    visit: Visit
    entry: Entry
    note: str

    @property
    def proof(self) -> str:
        """What the officer saw."""
        return str(self.entry.body["proof"])


def in_force(entries: Iterable[Entry], today: date) -> list[Entry]:
    """Return the visits among `entries` that are not withdrawn and have not lapsed on `today`."""
    known = list(entries)
    gone = withdrawals(known)
    return [each for each in _unlapsed(known, today) if each.entry_id not in gone]


def bearing(entries: Iterable[Entry], today: date) -> list[Entry]:
    """Return what bears on a decision of `today`: visits in force, and every withdrawal."""
    known = list(entries)
    kept = {each.entry_id for each in in_force(known, today)} | withdrawals(known).keys()
    return [each for each in known if each.entry_id in kept or each.kind == "VISIT_WITHDRAWN"]


def withdrawals(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return the withdrawals among `entries`, by the id of the visit."""
    return {each.body["visit"]: each for each in entries if each.kind == "VISIT_WITHDRAWN"}


def lost_since(entries: Iterable[Entry], decided: date, seq: int, today: date) -> list[Entry]:
    """Return the visits in force on the day `decided` that count no more.

    They have lapsed by `today`, or were withdrawn after the entry `seq` of the approval.
    """
    known = list(entries)
    gone = withdrawals(known)
    return [
        each
        for each in _unlapsed(known, decided)
        if each.seq < seq
        and (
            gone[each.entry_id].seq > seq
            if each.entry_id in gone
            else date.fromisoformat(each.body["until"]) < today
        )
    ]


def visitors(entries: Iterable[Entry], today: date) -> set[str]:
    """Return the accounts that recorded a visit that has not lapsed, or withdrew it.

    A withdrawal does not free its visitor: cases that the visit opened may still be open.
    """
    known = list(entries)
    gone, visits = withdrawals(known), _unlapsed(known, today)
    withdrew = {gone[each.entry_id].actor for each in visits if each.entry_id in gone}
    return {each.actor for each in visits} | withdrew


def _unlapsed(entries: Iterable[Entry], today: date) -> list[Entry]:
    return [
        entry
        for entry in entries
        if entry.kind == "VISITED" and date.fromisoformat(entry.body["until"]) >= today
    ]


def records_of(view: View, entries: Iterable[Entry]) -> list[Record]:
    """Return the visits among `entries`, oldest first, without those of erased persons."""
    found = [(each, found_by(view, each)) for each in entries if each.kind == "VISITED"]
    return [Record(_visit(each, what), each, what["note"]) for each, what in found if what]


def with_visits(
    view: View, profile: Profile, edition: Edition, entries: Sequence[Entry], policy: Policy
) -> tuple[Profile, tuple[Visit, ...]]:
    """Return `profile` with what visits in force confirm, and the visits that changed it.

    What the edition took from a visit that was withdrawn on its day or later is unknown in it.

    Parameters
    ----------
    entries
        What bears on the decision (`bearing`), oldest first.
    """
    if not entries or not counts_visits(policy):
        return profile, ()
    day, gone = edition.manifest.day, withdrawals(entries)
    visits = [record.visit for record in records_of(view, entries)]
    counted = [visit for visit in visits if visit.visit_id not in gone]
    known_too = [
        visit
        for visit in visits
        if visit.visit_id in gone and date_in_china(gone[visit.visit_id].recorded_at) >= day
    ]
    known = {**profile.texts, **dict(zip(edition.numbers, profile.numbers.tolist(), strict=True))}
    undone = withdrawn(known, known_too, day)
    found = confirmed({**known, **undone}, counted, day)
    return _changed(profile, edition, {**undone, **found.values}), found.visits


def _changed(profile: Profile, edition: Edition, values: Mapping[str, Value]) -> Profile:
    numbers = profile.numbers.copy()
    texts: dict[str, Any] = dict(profile.texts)
    for name, value in values.items():
        if name in texts:
            texts[name] = value
        else:
            numbers[edition.numbers.index(name)] = _number(value)
    return replace(profile, numbers=numbers, texts=texts)


def _number(value: Value) -> float:
    return float(value) if value is not None else float("nan")


def _visit(entry: Entry, found: Mapping[str, Any]) -> Visit:
    since = found["resident_since"]
    return Visit(
        visit_id=entry.entry_id,
        recorded_on=date_in_china(entry.recorded_at),
        visited_on=date.fromisoformat(entry.body["visited_on"]),
        until=date.fromisoformat(entry.body["until"]),
        incomes=found["incomes"],
        harvests={crop: Harvest(**each) for crop, each in found["harvests"].items()},
        resident_since=date.fromisoformat(since) if since else None,
    )
