"""Commands that give and withdraw consent; they affect the next decision and the next payment."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from api.access.duties import DUTY_OF, refuse_joined
from api.access.objects import entries_of_member
from api.consent.consent import CONSENT, consent_in_edition, is_consent_in_force
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, NewEntry
from model.decision.consent import ConsentChange, latest_consent
from model.policy.controls import controls_on

#: Form of the evidence; the paper, file or recording itself stays with the branch.
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
        """Record it, unless consent is in that state already.

        A member who left the archive may withdraw consent but not give it, because there is no
        profile to score.
        """
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        if profile is None and self.is_given:
            raise ProblemError(UNKNOWN_MEMBER)
        if profile is None:
            known, entries = entries_of_member(view, self.member_id)
            if known is None or not entries:
                raise ProblemError(UNKNOWN_MEMBER)
            subject, place = known, entries[-1].place_code
            past = [entry for entry in entries if entry.kind in CONSENT]
        else:
            person = edition.person(self.member_id) or {}
            subject = view.identities.subject_of(self.member_id, person)
            place, past = profile.place_code, view.entries_of_subject(subject, CONSENT)
        if is_consent_in_force(past, profile, edition) == self.is_given:
            raise ProblemError(CONSENT_UNCHANGED)
        if self.is_given:
            self._refuse_joined(view, subject)
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
        record = ConsentChange(self.is_given, date_in_china(view.now))
        latest = latest_consent(consent_in_edition(profile, edition), record)
        in_force = latest is not None and latest.is_given
        body = {"in_force": in_force, "recorded_at": view.now.isoformat()}
        return Written(Answer(201, encode_json(body).encode()), (entry,))

    def _refuse_joined(self, view: View, subject: str) -> None:
        """Refuse to record consent to somebody with a part in a decision that is still valid."""
        today = date_in_china(view.now)
        entries = view.entries_of_subject(subject, tuple(DUTY_OF))
        valid = {entry.decision_id for entry in entries if _is_open(entry, today)}
        done = {
            DUTY_OF[entry.kind]
            for entry in entries
            if entry.actor == self.actor and entry.decision_id in valid
        }
        refuse_joined("consent", done, controls_on(today))


def _is_open(entry: Entry, today: date) -> bool:
    """Return whether by this entry a decision can be paid on, or still be approved, on `today`."""
    until = entry.body.get("valid_until") or entry.body.get("answer", {}).get("valid_until")
    is_declined = entry.outcome in (None, "DECLINE")
    return until is not None and not is_declined and date.fromisoformat(until) >= today


def consent_history(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the records of consent among `entries`, oldest first."""
    return [
        {
            "is_given": entry.kind == "CONSENT_GIVEN",
            "recorded_at": entry.recorded_at.isoformat(),
            "recorded_by": entry.actor,
            "evidence": entry.body.get("evidence"),
        }
        for entry in entries
        if entry.kind in CONSENT
    ]
