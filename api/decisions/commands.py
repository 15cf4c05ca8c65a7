"""The decision command: whatever door it was asked through, a decision leaves by the ledger.

The commands that wait together are decided in one call of the kernel. Each holds the resources it
was asked under, so that a decision is made by exactly one version of card, policy and edition.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Self

import rfc8785

from api.consent.consent import CONSENT, consent_in_force, with_consent
from api.decisions.stored import answer_of, profile_to_json, question_of
from api.editions.edition import Profile, columns_of
from api.editions.in_use import Resources
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Kind, NewEntry, new_ordered_id
from model.card.card_json import card_to_json
from model.decision.decision import Decision, Request, decide_many


@dataclass(frozen=True)
class Decide:
    """Decide on a member's request.

    Attributes
    ----------
    profile : Profile
        The member's in `resources.edition`, read when the request came in.
    today : date
        In China; the decision's validity starts on it.
    """

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    request: Request
    profile: Profile
    resources: Resources
    today: date

    def run(self, view: View) -> Written:
        """Decide on this one alone."""
        return self.run_all(view, [self])[0]

    @classmethod
    def run_all(cls, view: View, commands: Sequence[Self]) -> list[Written]:
        """Decide on all, each question once; whoever asks it again gets the first decision."""
        asked = _asked(view, commands)
        known = view.find_decisions({each.question for each in asked if not each.is_new})
        found = {question: _first_answer(view, known[question]) for question in known}
        fresh = {each.question: each for each in reversed(asked) if each.question not in found}
        made = _decided(view, list(fresh.values()))
        return [
            made[each.question]
            if fresh.get(each.question) is each
            else _repeated(each, found.get(each.question) or made[each.question].answer)
            for each in asked
        ]


@dataclass(frozen=True)
class _Asked:
    """A command with what the ledger knows of its member.

    Attributes
    ----------
    consent : bool or None
        Whether consent is in force, where the ledger has a word of it; else the edition's counts.
    is_new : bool
        Whether the ledger knew nothing of the member before this group.
    """

    command: Decide
    subject_id: str
    consent: bool | None
    question: str
    is_new: bool

    def entry(
        self, kind: Kind, decision_id: str, outcome: str, body: Mapping[str, Any]
    ) -> NewEntry:
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
            entry_id=new_ordered_id(),
        )


def _asked(view: View, commands: Sequence[Decide]) -> list[_Asked]:
    known = view.identities.known({command.member_id for command in commands})
    subjects = known | _added(view, commands, known)
    consents = view.entries_of_subjects(set(known.values()), CONSENT)
    asked = []
    for command in commands:
        subject = subjects[command.member_id]
        used = command.resources
        said = consents.get(subject)
        consent = consent_in_force(said, command.profile, used.edition) if said else None
        digests = used.edition.digest, used.policy.digest, used.card.digest
        question = question_of(subject, command.request, command.today, consent, *digests)
        asked.append(_Asked(command, subject, consent, question, command.member_id not in known))
    return asked


def _added(view: View, commands: Sequence[Decide], known: Mapping[str, str]) -> dict[str, str]:
    """Give those who are new to the ledger their pseudonyms."""
    added: dict[str, str] = {}
    for command in commands:
        member = command.member_id
        if member not in known and member not in added:
            person = command.resources.edition.person(member) or {}
            added[member] = view.identities.add(member, person)
    return added


def _decided(view: View, asked: Sequence[_Asked]) -> dict[str, Written]:
    found: dict[str, Written] = {}
    ordered = sorted(asked, key=lambda each: id(each.command.resources))
    for _, group in groupby(ordered, lambda each: id(each.command.resources)):
        together = list(group)
        _keep_versions(view, together[0].command.resources)
        for each, decision, profile in _by_one_version(together):
            found[each.question] = _decision(each, decision, profile)
    return found


def _by_one_version(asked: Sequence[_Asked]) -> Iterable[tuple[_Asked, Decision, Profile]]:
    used = asked[0].command.resources
    profiles = [_as_scored(each) for each in asked]
    decisions = decide_many(
        columns_of(used.edition.numbers, profiles),
        [each.command.request for each in asked],
        used.edition.manifest.day,
        used.policy,
        used.card.card,
    )
    return zip(asked, decisions, profiles, strict=True)


def _as_scored(asked: _Asked) -> Profile:
    profile, edition = asked.command.profile, asked.command.resources.edition
    return profile if asked.consent is None else with_consent(profile, edition, asked.consent)


def _decision(asked: _Asked, decision: Decision, profile: Profile) -> Written:
    command, decision_id = asked.command, new_ordered_id()
    used = command.resources
    answer = answer_of(decision, decision_id, used.card.digest, command.today, used.policy)
    body = {
        "question": asked.question,
        "asked_on": command.today.isoformat(),
        "request": command.request.__dict__,
        "as_of": used.edition.manifest.as_of,
        "edition_digest": used.edition.digest,
        "policy_digest": used.policy.digest,
        "card_digest": used.card.digest,
        "consent_at_that_moment": asked.consent,
        "profile": profile_to_json(used.edition.numbers, profile.numbers.tolist(), profile.texts),
        "answer": answer,
    }
    entry = asked.entry("DECISION", decision_id, decision.outcome, body)
    return Written(_sent(answer), (entry,), question=asked.question)


def _repeated(asked: _Asked, first: Answer) -> Written:
    """Answer with the first decision on the question, and record who asked again."""
    told = json.loads(first.body)
    body = {"question": asked.question, "request": asked.command.request.__dict__}
    return Written(first, (asked.entry("REPEATED", told["decision_id"], told["outcome"], body),))


def _first_answer(view: View, decision_id: str) -> Answer:
    return _sent(view.entries_of_decision(decision_id)[0].body["answer"])


def _sent(answer: Mapping[str, Any]) -> Answer:
    return Answer(200, encode_json(answer).encode())


def _keep_versions(view: View, used: Resources) -> None:
    view.store_version(
        used.policy.digest, "policy", lambda: rfc8785.dumps(dict(used.policy.in_force))
    )
    view.store_version(used.card.digest, "card", lambda: card_to_json(used.card.card))
