"""Questions: a request, what the ledger says of its member, and the digest that makes it one.

Equal questions get one decision. What changes the answer is part of the question: the day, consent,
visits, the versions in use, and a ruling that binds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.access.duties import refuse_joined
from api.consent.consent import CONSENT, consent_givers, is_consent_in_force
from api.core.calendar import date_in_china
from api.decisions.caps import CapsExceeded
from api.decisions.rulings import RULINGS, binding_ruling
from api.decisions.stored import question_of
from api.editions.edition import Profile
from api.editions.in_use import Age, Resources
from api.http.problems import ProblemError
from api.ledger.commands import IdempotencyScope, View
from api.ledger.entries import Entry, Kind, NewEntry, new_ordered_id
from api.visits.visits import VISITED, bearing, visitors
from model.decision.decision import Request
from model.decision.visits import counts_visits
from model.policy.controls import Controls, Duty, controls_on


@dataclass(frozen=True)
class Inquiry:
    """A member's request, and with what it is decided.

    Attributes
    ----------
    profile : Profile
        The member's profile in `resources.edition`, read when the request arrived.
    today : date
        Today in China, the first day of the decision's validity.
    age : Age or None
        The age of the edition; None counts as fresh.
    caps_exceeded : callable or None
        Asked before an approval; None asks nothing, and the cap binds at the payment.
    """

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    request: Request
    profile: Profile
    resources: Resources
    today: date
    age: Age | None = None
    caps_exceeded: CapsExceeded | None = None


@dataclass(frozen=True)
class Question:
    """A command with the ledger's state of its member.

    Attributes
    ----------
    consent : bool or None
        Whether consent is in force, if the ledger has a record of it; None leaves it to the
        edition.
    digest : str
        Digest of the question, equal for equal questions; see `question_of`.
    is_new : bool
        Whether the ledger had no pseudonym of the member before this group.
    visits : tuple of Entry
        The visits in force, if the policy counts them.
    ruling : Entry or None
        The ruling of a person that binds the answer.
    refusal : ProblemError or None
        Why the caller may not ask.
    """

    command: Inquiry
    subject_id: str
    consent: bool | None
    digest: str
    is_new: bool
    visits: tuple[Entry, ...]
    ruling: Entry | None
    refusal: ProblemError | None

    def entry(
        self,
        kind: Kind,
        decision_id: str,
        outcome: str,
        body: Mapping[str, Any],
        entry_id: str | None = None,
    ) -> NewEntry:
        """Return an entry of `kind` that answers the question."""
        command = self.command
        return NewEntry(
            kind=kind,
            subject_id=self.subject_id,
            decision_id=decision_id,
            place_code=command.profile.place_code,
            actor=command.actor,
            amount_yuan=command.request.amount_yuan,
            outcome=outcome,
            body=body,
            entry_id=entry_id or new_ordered_id(),
        )


def questions_on(view: View, commands: Sequence[Inquiry]) -> list[Question]:
    """Return the question of each of `commands`, with the ledger's state of its member."""
    known = view.identities.known({command.member_id for command in commands})
    subjects = known | _add_subjects(view, commands, known)
    words = view.entries_of_subjects(set(known.values()), (*CONSENT, *VISITED, *RULINGS))
    return [
        _question(view, command, subjects, words, is_new=command.member_id not in known)
        for command in commands
    ]


def _question(
    view: View,
    command: Inquiry,
    subjects: Mapping[str, str],
    words: Mapping[str, list[Entry]],
    *,
    is_new: bool,
) -> Question:
    subject, resources = subjects[command.member_id], command.resources
    said, today = words.get(subject, []), date_in_china(view.now)
    controls = controls_on(today)
    consents = [entry for entry in said if entry.kind in CONSENT]
    visits = tuple(bearing(said, today)) if counts_visits(resources.policy) else ()
    ruling = binding_ruling(said, view.now, controls)
    terms = resources.policy.consent_terms
    consent = (
        is_consent_in_force(consents, command.profile, resources.edition, terms)
        if consents
        else None
    )
    digests = resources.edition.digest, resources.policy.digest, resources.card.digest
    seen = (each.entry_id for each in visits)
    asked = subject, command.request, command.today, consent, *digests, *seen
    return Question(
        command=command,
        subject_id=subject,
        consent=consent,
        digest=_digest(view, asked, ruling),
        is_new=is_new,
        visits=visits,
        ruling=ruling,
        refusal=_refusal(command, said, controls, today),
    )


def _refusal(
    command: Inquiry, said: Sequence[Entry], controls: Controls, today: date
) -> ProblemError | None:
    givers = consent_givers(said, command.resources.policy.consent_terms)
    done: list[Duty] = ["consent"] if command.actor in givers else []
    done += ["visit"] if command.actor in visitors(said, today) else []
    try:
        refuse_joined("ask", done, controls)
    except ProblemError as refusal:
        return refusal
    return None


def _digest(view: View, asked: Any, ruling: Entry | None) -> str:
    """Return the digest of a question, which a binding ruling makes a new one.

    The question that the ruling itself settled stays the same, so that its case is found again,
    unless the service approved it: then its first answer no longer holds.
    """
    digest = question_of(*asked)
    if ruling is None:
        return digest
    is_settled = view.find_decisions([digest]).get(digest) == ruling.decision_id
    if is_settled and ruling.body.get("outcome_before") != "APPROVE":
        return digest
    return question_of(*asked, ruling.entry_id)


def _add_subjects(
    view: View, commands: Sequence[Inquiry], known: Mapping[str, str]
) -> dict[str, str]:
    """Create a pseudonym for each member who has none."""
    added: dict[str, str] = {}
    for command in commands:
        member = command.member_id
        if member not in known and member not in added:
            person = command.resources.edition.person(member) or {}
            added[member] = view.identities.add(member, person)
    return added
