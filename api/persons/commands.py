"""A person's rights: a copy of all that is held, and erasure of who they are.

Erasure removes the identity row. Entries stay, so that decisions replay and the chain is whole;
from then on they speak of nobody. Whoever comes back is a new subject without a past here.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from api.cases.state import running_draws, states_of
from api.consent.commands import consents
from api.consent.consent import CONSENT, consent_in_force, edition_word
from api.core.calendar import date_in_china
from api.editions.edition import Profile
from api.editions.in_use import Resources
from api.http.lending_problems import LOAN_OUTSTANDING, NOTHING_HELD
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, Kind, NewEntry
from api.ledger.tables import accesses
from api.members.view import member


def access_records_of(
    view: View, member_id: str, decision_ids: Collection[str | None]
) -> list[dict[str, Any]]:
    """Return each look at the member and at decisions on them, oldest first.

    Lists are left out: of whom they told besides is not this person's to know, and a row of a list
    names nobody.
    """
    statement = (
        select(accesses.c.accessed_at, accesses.c.actor, accesses.c.route)
        .where(
            or_(
                accesses.c.member_index == view.identities.index(member_id),
                accesses.c.decision_id.in_({each for each in decision_ids if each}),
            )
        )
        .order_by(accesses.c.number)
    )
    return [
        {"at": when, "by": who, "route": route}
        for when, who, route in view.connection.execute(statement)
    ]


@dataclass(frozen=True)
class Export:
    """Hand out all that is held about a person, and record that it was."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Gather it."""
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        subject = view.identities.known([self.member_id]).get(self.member_id)
        entries = view.entries_of_subject(subject) if subject else []
        place = _place(profile, entries)
        past = [entry for entry in entries if entry.kind in CONSENT]
        told = {
            "member_id": self.member_id,
            "exported_at": view.now.isoformat(),
            "archive": self._archive() if profile else None,
            "identity": view.identities.person(subject) if subject else None,
            "consent": {
                "in_force": consent_in_force(past, profile, edition),
                "history": consents(past),
            },
            "entries": [_entry_told(entry) for entry in entries],
            "looks": access_records_of(view, self.member_id, [e.decision_id for e in entries]),
        }
        added = (_on_person("EXPORTED", subject, place, self.actor),) if subject else ()
        return Written(Answer(200, encode_json(told).encode()), added)

    def _archive(self) -> Mapping[str, Any]:
        return member(self.resources, self.member_id).model_dump(mode="json")


@dataclass(frozen=True)
class Erase:
    """Forget who a person is."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Erase the identity, unless a loan is outstanding or nothing is held."""
        profile = self.resources.edition.profile(self.member_id)
        subject = view.identities.known([self.member_id]).get(self.member_id)
        entries = view.entries_of_subject(subject) if subject else []
        place = _place(profile, entries)
        if subject is None:
            raise ProblemError(NOTHING_HELD)
        if self._owes(entries, date_in_china(view.now)):
            raise ProblemError(LOAN_OUTSTANDING)
        view.identities.erase(subject)
        word = edition_word(profile, self.resources.edition)
        told = {
            "erased_at": view.now.isoformat(),
            "entries_kept": len(entries) + 1,
            "archive_consents": word is not None and word.is_given,
        }
        entry = _on_person("ERASED", subject, place, self.actor)
        return Written(Answer(200, encode_json(told).encode()), (entry,))

    def _owes(self, entries: Sequence[Entry], today: date) -> bool:
        columns = self.resources.edition.columns(self.member_id)
        by_archive = columns is not None and bool(columns["balance_outstanding"][0] > 0)
        return by_archive or any(running_draws(state, today) for state in states_of(entries))


def _place(profile: Profile | None, entries: Sequence[Entry]) -> str:
    """Return the village of a member: by the archive, or of one who left it by the last entry.

    Raises
    ------
    ProblemError
        If neither edition nor ledger knows the member.
    """
    if profile is not None:
        return profile.place_code
    if not entries:
        raise ProblemError(UNKNOWN_MEMBER)
    return entries[-1].place_code


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
