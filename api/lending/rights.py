"""A person's rights: a copy of all that is held, and erasure of who they are.

Erasure removes the identity row. Entries stay, so that decisions replay and the chain is whole;
from then on they speak of nobody. Whoever comes back is a new subject without a past here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.china_time import date_in_china
from api.ledger.chain import encoded
from api.ledger.commands import Answer, Once, View, Written
from api.ledger.entries import Entry, Kind, NewEntry
from api.lending.consent import CONSENT, consent_in_force
from api.lending.consenting import consents
from api.lending.disbursing import states_of
from api.lending.kinds import LOAN_OUTSTANDING, NOTHING_HELD
from api.lending.looks_told import looks_at
from api.problem_kinds import UNKNOWN_MEMBER
from api.problems import ProblemError
from api.resources import Resources
from api.standing import member


@dataclass(frozen=True)
class Export:
    """Hand out all that is held about a person, and record that it was."""

    once: Once | None
    actor: str
    member_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Gather it."""
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        if profile is None:
            raise ProblemError(UNKNOWN_MEMBER)
        archive = member(self.resources, self.member_id).model_dump(mode="json")
        subject = view.identities.known([self.member_id]).get(self.member_id)
        entries = view.entries_of_subject(subject) if subject else []
        past = [entry for entry in entries if entry.kind in CONSENT]
        told = {
            "member_id": self.member_id,
            "exported_at": view.now.isoformat(),
            "archive": archive,
            "identity": view.identities.person(subject) if subject else None,
            "consent": {
                "in_force": consent_in_force(past, profile, edition),
                "history": consents(past),
            },
            "entries": [_entry_told(entry) for entry in entries],
            "looks": looks_at(view, self.member_id, [e.decision_id for e in entries]),
        }
        place = str(archive["place"]["village_code"])
        added = (_on_person("EXPORTED", subject, place, self.actor),) if subject else ()
        return Written(Answer(200, encoded(told).encode()), added)


@dataclass(frozen=True)
class Erase:
    """Forget who a person is."""

    once: Once | None
    actor: str
    member_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Erase the identity, unless a loan is outstanding or nothing is held."""
        profile = self.resources.edition.profile(self.member_id)
        if profile is None:
            raise ProblemError(UNKNOWN_MEMBER)
        subject = view.identities.known([self.member_id]).get(self.member_id)
        if subject is None:
            raise ProblemError(NOTHING_HELD)
        entries = view.entries_of_subject(subject)
        if self._owes(entries, date_in_china(view.now)):
            raise ProblemError(LOAN_OUTSTANDING)
        view.identities.erase(subject)
        told = {"erased_at": view.now.isoformat(), "entries_kept": len(entries) + 1}
        entry = _on_person("ERASED", subject, profile.place_code, self.actor)
        return Written(Answer(200, encoded(told).encode()), (entry,))

    def _owes(self, entries: Sequence[Entry], today: date) -> bool:
        columns = self.resources.edition.columns(self.member_id)
        by_archive = columns is not None and bool(columns["balance_outstanding"][0] > 0)
        return by_archive or any(
            _months_later(draw.on, state.months) > today
            for state in states_of(entries)
            for draw in state.draws
            if not draw.is_cancelled
        )


def _months_later(day: date, months: int) -> date:
    """Return the first day of the month after a loan of `months` from `day` has run its term."""
    year, month = divmod(day.year * 12 + day.month + months, 12)
    return date(year, month + 1, 1)


def _on_person(kind: Kind, subject_id: str, place_code: str, actor: str) -> NewEntry:
    return NewEntry(kind, subject_id, None, place_code, actor, None, None, {}, str(uuid.uuid4()))


def _entry_told(entry: Entry) -> Mapping[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at.isoformat(),
        "decision_id": entry.decision_id,
        "recorded_by": entry.actor,
        "amount_yuan": entry.amount_yuan,
        "outcome": entry.outcome,
        "body": entry.body,
    }
