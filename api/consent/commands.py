"""Commands that give and withdraw consent; they affect the next decision and the next payment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from api.access.duties import DUTY_OF, duties_on_open, refuse_joined
from api.access.objects import entries_of_member
from api.consent.consent import (
    BANK,
    CONSENT,
    consent_in_edition,
    consent_in_ledger,
    is_consent_in_force,
    purposes_now,
)
from api.core.calendar import date_in_china
from api.editions.edition import Profile
from api.editions.in_use import Resources
from api.http.lending_problems import CONSENT_UNCHANGED
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, NewEntry
from model.decision.consent import ConsentChange, consent_to_all, latest_by_purpose
from model.policy.controls import controls_on
from model.profile.consent_terms import FIRST_TERMS

#: Form of the evidence; the paper, file or recording itself stays with the branch.
Evidence = Literal["paper", "electronic", "voice"]
Purpose = Literal["personal_information", "credit_bureau", "data_sharing"]
#: Post and bank are two recipients; each needs its own consent (PIPL art. 23).
Recipient = Literal["bank", "post"]


@dataclass(frozen=True)
class SetConsent:
    """Record that a member gave or withdrew consent.

    Attributes
    ----------
    purposes : tuple of str
        What it covers; empty for all that the policy in use asks for.
    """

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    is_given: bool
    evidence: Evidence
    resources: Resources
    purposes: tuple[Purpose, ...] = ()
    recipient: Recipient = "bank"

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
        purposes = self.purposes or self.resources.policy.consent_terms.purposes
        before = self._before(past, profile)
        if all(self._is_unchanged(before.get(each)) for each in purposes):
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
            body={
                "evidence": self.evidence,
                "purposes": list(purposes),
                "recipient": self.recipient,
            },
            entry_id=str(uuid.uuid4()),
        )
        record = ConsentChange(self.is_given, date_in_china(view.now))
        in_force = self._is_in_force(past, profile, dict.fromkeys(purposes, record))
        body = {"in_force": in_force, "recorded_at": view.now.isoformat()}
        return Written(Answer(201, encode_json(body).encode()), (entry,))

    def _before(
        self, past: Sequence[Entry], profile: Profile | None
    ) -> Mapping[str, ConsentChange]:
        """Return the latest change by purpose of what was given to the recipient."""
        terms = self.resources.policy.consent_terms
        if self.recipient in terms.recipients:
            return purposes_now(past, profile, self.resources.edition, terms)
        return consent_in_ledger(past, (self.recipient,))

    def _is_unchanged(self, change: ConsentChange | None) -> bool:
        return (change is not None and change.is_given) == self.is_given

    def _is_in_force(
        self,
        past: Sequence[Entry],
        profile: Profile | None,
        added: Mapping[str, ConsentChange],
    ) -> bool:
        """Return whether a decision has the consent that it needs once `added` is recorded."""
        terms, edition = self.resources.policy.consent_terms, self.resources.edition
        if self.recipient not in terms.recipients:
            return is_consent_in_force(past, profile, edition, terms)
        ledger = consent_in_ledger(past, terms.recipients) | dict(added)
        changes = latest_by_purpose(ledger, consent_in_edition(profile, edition, terms))
        latest = consent_to_all(changes, terms.purposes)
        return latest is not None and latest.is_given

    def _refuse_joined(self, view: View, subject: str) -> None:
        """Refuse to record consent to somebody with a part in a decision that is still valid."""
        today = date_in_china(view.now)
        done = duties_on_open(view.entries_of_subject(subject, tuple(DUTY_OF)), self.actor, today)
        refuse_joined("consent", done, controls_on(today))


def consent_history(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the records of consent among `entries`, oldest first."""
    return [
        {
            "is_given": entry.kind == "CONSENT_GIVEN",
            "recorded_at": entry.recorded_at.isoformat(),
            "recorded_by": entry.actor,
            "evidence": entry.body.get("evidence"),
            "purposes": entry.body.get("purposes", FIRST_TERMS.purposes),
            "recipient": entry.body.get("recipient", BANK),
        }
        for entry in entries
        if entry.kind in CONSENT
    ]
