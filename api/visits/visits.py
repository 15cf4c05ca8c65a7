"""Visits on record: read from the ledger, and laid over the profile of an edition.

Decision and payment use this one function; what a visit stands in for: `model.decision.visits`. The
days and the proof of a visit lie open in its entry. What it found is sealed with the person's key,
which erasure destroys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api.core.calendar import date_in_china
from api.editions.edition import Edition, Profile
from api.ledger.chain import encode_json
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from model.decision.visits import Confirmed, Harvest, Value, Visit, confirmed, counts_visits
from model.errors import LedgerError
from model.policy.policy import Policy

VISITED: tuple[Kind, ...] = ("VISITED",)
_ERASED: tuple[Kind, ...] = ("ERASED",)
#: Field of a decision's entry: the ids of the visits that changed the profile it stores.
VISITS = "visits"
_SEALED, _KEY = "found_sealed", "person_key"


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
    """Return the visits among `entries` that have not lapsed on `today`."""
    return [
        entry
        for entry in entries
        if entry.kind in VISITED and date.fromisoformat(entry.body["until"]) >= today
    ]


def visitors(entries: Iterable[Entry], today: date) -> set[str]:
    """Return the accounts that recorded the visits in force among `entries`."""
    return {entry.actor for entry in in_force(entries, today)}


def body_of(
    view: View, subject_id: str, entry_id: str, days: Mapping[str, date], proof: str, found: Any
) -> dict[str, Any]:
    """Return the body of a visit's entry: `days` and `proof` open, what was `found` sealed."""
    key, sealed = view.identities.keys.seal(subject_id, encode_json(found), entry_id)
    open_days = {name: day.isoformat() for name, day in days.items()}
    return {**open_days, "proof": proof, _SEALED: sealed, _KEY: key}


def found_by(view: View, entry: Entry) -> Mapping[str, Any] | None:
    """Return what the visit in `entry` found; None once the person was erased.

    Raises
    ------
    LedgerError
        If it was altered, or its key is missing although nobody was erased.
    """
    text = view.identities.keys.open(entry.subject_id, entry.body[_SEALED], entry.entry_id)
    if text is None and not view.entries_of_subject(entry.subject_id, _ERASED):
        raise LedgerError(
            f"entry {entry.seq}: the key of the visit is missing, and nobody was erased; restore"
            " table person_keys from backup"
        )
    return None if text is None else json.loads(text)


def opened(view: View, entry: Entry) -> dict[str, Any]:
    """Return the body of a visit's entry with what it found in plain, for the person's own copy."""
    body = {name: value for name, value in entry.body.items() if name not in (_SEALED, _KEY)}
    return body | dict(found_by(view, entry) or {})


def records_of(view: View, entries: Iterable[Entry]) -> list[Record]:
    """Return the visits among `entries`, oldest first, without those of erased persons."""
    found = [(each, found_by(view, each)) for each in entries if each.kind in VISITED]
    return [Record(_visit(each, what), each, what["note"]) for each, what in found if what]


def with_visits(
    view: View, profile: Profile, edition: Edition, entries: Sequence[Entry], policy: Policy
) -> tuple[Profile, tuple[Visit, ...]]:
    """Return `profile` with what visits in force confirm, and the visits that changed it.

    Parameters
    ----------
    entries
        The member's visits in force, oldest first.
    """
    if not entries or not counts_visits(policy):
        return profile, ()
    visits = [record.visit for record in records_of(view, entries)]
    known = {**profile.texts, **dict(zip(edition.numbers, profile.numbers.tolist(), strict=True))}
    found = confirmed(known, visits, edition.manifest.day)
    return _changed(profile, edition, found), found.visits


def _changed(profile: Profile, edition: Edition, found: Confirmed) -> Profile:
    numbers = profile.numbers.copy()
    texts: dict[str, Any] = dict(profile.texts)
    for name, value in found.values.items():
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
