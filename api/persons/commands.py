"""A person's rights: an export of all stored data, and erasure of the identity.

Erasure deletes the identity row. Entries stay, so that decisions replay and the chain is complete,
but they identify nobody. A person who returns later is a new subject without a history.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from api.access.duties import refuse_joined
from api.access.erased import ERASURE
from api.access.objects import entries_of_member
from api.cases.bank import yuan_without_payment
from api.cases.state import running_draws, states_of
from api.consent.commands import consent_history
from api.consent.consent import CONSENT, consent_in_edition, is_consent_in_force
from api.core.calendar import date_in_china
from api.decisions.caps import BEYOND_CAP, BEYOND_GROUP_CAPS
from api.decisions.profiles import stored_profile
from api.decisions.rulings import RULINGS, binding_ruling, lapse_day
from api.editions.edition import Profile
from api.editions.in_use import Resources
from api.http.lending_problems import (
    LOAN_OUTSTANDING,
    NOTHING_HELD,
    RULING_BINDS,
    STILL_COUNTED,
)
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, Kind, NewEntry
from api.ledger.sealed_bodies import SEALED_KINDS, opened
from api.ledger.tables import accesses
from api.members.view import member_view
from model.decision.consent import consent_to_all
from model.decision.eligibility import OF_OTHERS
from model.policy.controls import controls_on
from model.profile.dictionary import Text


@dataclass(frozen=True)
class Export:
    """Export all data stored about a person, and record the export."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    resources: Resources

    def run(self, view: View) -> Written:
        """Collect the data and record the export."""
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        subject, entries = entries_of_member(view, self.member_id)
        place = _place(profile, entries)
        past = [entry for entry in entries if entry.kind in CONSENT]
        terms = self.resources.policy.consent_terms
        held = held_in_ledger(view, self.member_id)
        body = {
            "member_id": self.member_id,
            "exported_at": view.now.isoformat(),
            "archive": self._archive() if profile else None,
            "identity": held["identity"],
            "consent": {
                "in_force": is_consent_in_force(past, profile, edition, terms),
                "history": consent_history(past),
            },
            "entries": held["entries"],
            "looks": held["looks"],
        }
        added = (_entry_about("EXPORTED", subject, place, self.actor),) if subject else ()
        return Written(Answer(200, encode_json(body).encode()), added)

    def _archive(self) -> Mapping[str, Any]:
        # A person's own copy is complete, with consent or without.
        view = member_view(self.resources, self.member_id, has_consent=True).model_dump(mode="json")
        return {**view, "profile": _own(view["profile"])}


def held_in_ledger(view: View, member_id: str) -> dict[str, Any]:
    """Return what the ledger holds about a member: ``identity``, ``entries`` and ``looks``."""
    subject, entries = entries_of_member(view, member_id)
    return {
        "identity": view.identities.person(subject) if subject else None,
        "entries": [_entry_body(view, entry) for entry in entries],
        "looks": access_records_of(view, member_id, [e.decision_id for e in entries]),
    }


def access_records_of(
    view: View, member_id: str, decision_ids: Collection[str | None]
) -> list[dict[str, Any]]:
    """Return each access to the member and to decisions on them, oldest first.

    Lists are left out: their records identify nobody, and the other people on a list are not this
    person's to know.
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
        {"at": accessed_at, "by": actor, "route": route}
        for accessed_at, actor, route in view.connection.execute(statement)
    ]


@dataclass(frozen=True)
class Erase:
    """Delete a person's identity.

    The access record of who did it names the person by the blind index, so that lists made before
    leave them out; it is written with the erasure or not at all.
    """

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    resources: Resources
    request_id: str | None = None

    def run(self, view: View) -> Written:
        """Delete the identity row, unless a loan runs, a ruling binds or nothing is stored.

        Nor while the edition in use counts a consent that was withdrawn since.
        """
        profile = self.resources.edition.profile(self.member_id)
        subject, entries = entries_of_member(view, self.member_id)
        place = _place(profile, entries)
        if subject is None:
            raise ProblemError(NOTHING_HELD)
        if self._has_loan(entries, date_in_china(view.now)):
            raise ProblemError(LOAN_OUTSTANDING)
        self._refuse_ruled(view, entries)
        edition, terms = self.resources.edition, self.resources.policy.consent_terms
        consent = consent_to_all(consent_in_edition(profile, edition, terms), terms.purposes)
        is_counted = consent is not None and consent.is_given
        said = [entry for entry in entries if entry.kind in CONSENT]
        if is_counted and not is_consent_in_force(said, profile, edition, terms):
            # Without the entries that say so, the edition would score the person again at once.
            raise ProblemError(STILL_COUNTED)
        view.identities.erase(subject)
        body = {
            "erased_at": view.now.isoformat(),
            "entries_kept": len(entries) + 1,
            "archive_consents": is_counted,
        }
        entry = _entry_about("ERASED", subject, place, self.actor)
        access = {
            "actor": self.actor,
            "route": ERASURE,
            "place_code": place,
            "persons": 1,
            "request_id": self.request_id,
            "member_index": view.identities.index(self.member_id),
            "decision_id": None,
        }
        return Written(Answer(200, encode_json(body).encode()), (entry,), accesses=(access,))

    def _refuse_ruled(self, view: View, entries: Sequence[Entry]) -> None:
        """Refuse erasure while a ruling binds, which it would undo, and to whoever ruled."""
        controls = controls_on(date_in_china(view.now))
        ruling = binding_ruling(entries, view.now, controls)
        if ruling is not None:
            day = lapse_day(ruling, controls).isoformat()
            detail = Text(
                f"自 {day} 起可再次申请；在此之前可撤回授权。",
                f"Request erasure again from {day}. Consent can be withdrawn before that.",
            )
            raise ProblemError(replace(RULING_BINDS, detail=detail))
        if any(entry.kind in RULINGS and entry.actor == self.actor for entry in entries):
            refuse_joined("erase", ["rule"], controls)

    def _has_loan(self, entries: Sequence[Entry], today: date) -> bool:
        columns = self.resources.edition.columns(self.member_id)
        by_archive = columns is not None and bool(columns["balance_outstanding"][0] > 0)
        if by_archive or yuan_without_payment(entries):
            return True
        return any(running_draws(state, today) for state in states_of(entries))


def _place(profile: Profile | None, entries: Sequence[Entry]) -> str:
    """Return a member's village: from the archive, or from the last entry if they left it.

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


def _entry_about(kind: Kind, subject_id: str, place_code: str, actor: str) -> NewEntry:
    return NewEntry(kind, subject_id, None, place_code, actor, None, None, {}, str(uuid.uuid4()))


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without those about other members of the household."""
    return {name: value for name, value in values.items() if name not in OF_OTHERS}


#: Fields of a decision's entry that follow from what is out to others.
_OF_GROUPS = (BEYOND_CAP, BEYOND_GROUP_CAPS)


def _entry_body(view: View, entry: Entry) -> Mapping[str, Any]:
    # Which cap bound would say what others borrowed.
    body = {name: value for name, value in entry.body.items() if name not in _OF_GROUPS}
    if body.pop("profile_sealed", None):
        body["profile"] = stored_profile(view, entry)
    if entry.kind in SEALED_KINDS:
        body = opened(view, entry)
    if "profile" in body:
        profile = body["profile"]
        body["profile"] = {**profile, "numbers": _own(profile["numbers"])}
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at.isoformat(),
        "decision_id": entry.decision_id,
        "recorded_by": entry.actor,
        "amount_yuan": entry.amount_yuan,
        "outcome": entry.outcome,
        "body": body,
    }
