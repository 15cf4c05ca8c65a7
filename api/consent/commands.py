"""Giving and withdrawing consent: effective with the next decision and the next payment."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from api.consent.consent import CONSENT, consent_in_force, edition_word
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.chain import encoded
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, NewEntry
from model.decision.consent import ConsentChange, latest_consent

#: How the member's word was taken; the paper, file or recording stays where it is kept.
Evidence = Literal["paper", "electronic", "voice"]


@dataclass(frozen=True)
class SetConsent:
    """Record that a member gave or withdrew consent."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    is_given: bool
    evidence: Evidence
    resources: Resources

    def run(self, view: View) -> Written:
        """Record it, unless consent stands like that already.

        Who left the archive may still withdraw; what would be given there is nothing to score by.
        """
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        if profile is None and self.is_given:
            raise ProblemError(UNKNOWN_MEMBER)
        if profile is None:
            subject, entries = held_about(view, self.member_id)
            place, past = entries[-1].place_code, [e for e in entries if e.kind in CONSENT]
        else:
            subject = known_subject(view, self.member_id, self.resources)
            place, past = profile.place_code, view.entries_of_subject(subject, CONSENT)
        if consent_in_force(past, profile, edition) == self.is_given:
            raise ProblemError(CONSENT_UNCHANGED)
        said = edition_word(profile, edition)
        entry = NewEntry(
            kind="CONSENT_GIVEN" if self.is_given else "CONSENT_WITHDRAWN",
            subject_id=subject,
            decision_id=None,
            place_code=place,
            actor=self.actor,
            amount_yuan=None,
            outcome=None,
            body={"evidence": self.evidence},
            entry_id=str(uuid.uuid4()),
        )
        word = latest_consent(said, ConsentChange(self.is_given, date_in_china(view.now)))
        told = {"in_force": word is not None and word.is_given, "recorded_at": view.now.isoformat()}
        return Written(Answer(201, encoded(told).encode()), (entry,))


def known_subject(view: View, member_id: str, resources: Resources) -> str:
    """Return the member's pseudonym; a new member gets one, kept with what the edition tells."""
    person = resources.edition.person(member_id) or {}
    return view.identities.subject_of(member_id, person)


def held_about(view: View, member_id: str) -> tuple[str, list[Entry]]:
    """Return pseudonym and entries, never none, of a member whom the ledger knows.

    Raises
    ------
    ProblemError
        If the ledger holds nothing about the member.
    """
    subject = view.identities.known([member_id]).get(member_id)
    entries = view.entries_of_subject(subject) if subject else []
    if subject is None or not entries:
        raise ProblemError(UNKNOWN_MEMBER)
    return subject, entries


def consents(past: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the history of consent by the ledger, oldest first."""
    return [
        {
            "is_given": entry.kind == "CONSENT_GIVEN",
            "recorded_at": entry.recorded_at.isoformat(),
            "recorded_by": entry.actor,
            "evidence": entry.body.get("evidence"),
        }
        for entry in past
        if entry.kind in CONSENT
    ]
