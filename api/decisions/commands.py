"""The decision command, the only way to a decision; it writes each decision to the ledger.

Commands that wait together are decided in one call of the kernel. Each carries the resources of its
request, so that one version of card, policy and edition makes each decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Self

import rfc8785

from api.access.duties import consent_giver, refuse_joined
from api.consent.consent import CONSENT, is_consent_in_force, with_consent
from api.core.calendar import date_in_china
from api.decisions.caps import BEYOND_CAP, IsBeyondCap, capped
from api.decisions.edition_age import aged, stored_age
from api.decisions.profiles import (
    BY_CONSENT_ALONE,
    by_consent_alone,
    has_consent,
    seal_profile,
    without_values,
)
from api.decisions.rulings import RULINGS, binding_ruling, bound
from api.decisions.stored import answer_of, profile_to_json, question_of
from api.editions.edition import Profile, columns_of
from api.editions.in_use import Age, Resources
from api.http.lending_problems import CASE_FULL
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Entry, Kind, NewEntry, new_ordered_id
from model.card.card_json import card_to_json
from model.decision.decision import Decision, Request, decide_many
from model.policy.controls import Controls, Duty, controls_on


@dataclass(frozen=True)
class Decide:
    """Decide on a member's request.

    Attributes
    ----------
    profile : Profile
        The member's profile in `resources.edition`, read when the request arrived.
    today : date
        Today in China, the first day of the decision's validity.
    age : Age or None
        The age of the edition; None counts as fresh.
    is_beyond_cap : callable or None
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
    is_beyond_cap: IsBeyondCap | None = None

    def run(self, view: View) -> Written:
        """Decide this command alone."""
        result = self.run_all(view, [self])[0]
        if isinstance(result, Exception):
            raise result
        return result

    @classmethod
    def run_all(cls, view: View, commands: Sequence[Self]) -> list[Written | Exception]:
        """Decide all commands, each question once; a repeated question gets the first decision.

        Whoever recorded the member's consent may not ask, where the controls keep the two apart.
        """
        controls = controls_on(date_in_china(view.now))
        every = _questions(view, commands, controls)
        questions = [each for each in every if each.refusal is None]
        known = view.find_decisions({each.digest for each in questions if not each.is_new})
        cases = view.entries_of_decisions(known.values()) if known else {}
        stored = {digest: cases[decision] for digest, decision in known.items()}
        new = {each.digest: each for each in reversed(questions) if each.digest not in stored}
        decided = _decide_new(view, list(new.values()))

        def result(each: _Question) -> Written | Exception:
            if each.refusal:
                return each.refusal
            if new.get(each.digest) is each:
                return decided[each.digest]
            if each.digest in decided:
                return _write_repeat(each, decided[each.digest].answer)
            return _repeat_stored(each, stored[each.digest], controls)

        return [result(each) for each in every]


@dataclass(frozen=True)
class _Question:
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
    ruling : Entry or None
        The ruling of a person that binds the answer.
    refusal : ProblemError or None
        Why the caller may not ask.
    """

    command: Decide
    subject_id: str
    consent: bool | None
    digest: str
    is_new: bool
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


def _questions(view: View, commands: Sequence[Decide], controls: Controls) -> list[_Question]:
    known = view.identities.known({command.member_id for command in commands})
    subjects = known | _add_subjects(view, commands, known)
    words = view.entries_of_subjects(set(known.values()), (*CONSENT, *RULINGS))
    questions = []
    for command in commands:
        subject, resources = subjects[command.member_id], command.resources
        said = words.get(subject, [])
        entries = [entry for entry in said if entry.kind in CONSENT]
        ruling = binding_ruling(said, view.now, controls)
        terms = resources.policy.consent_terms
        consent = (
            is_consent_in_force(entries, command.profile, resources.edition, terms)
            if entries
            else None
        )
        digests = resources.edition.digest, resources.policy.digest, resources.card.digest
        asked = subject, command.request, command.today, consent, *digests
        digest = _digest(view, asked, ruling)
        is_new = command.member_id not in known
        refusal = _refusal(command, entries, controls)
        questions.append(_Question(command, subject, consent, digest, is_new, ruling, refusal))
    return questions


def _refusal(command: Decide, consents: Sequence[Entry], controls: Controls) -> ProblemError | None:
    done: list[Duty] = ["consent"] if consent_giver(consents) == command.actor else []
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
    view: View, commands: Sequence[Decide], known: Mapping[str, str]
) -> dict[str, str]:
    """Create a pseudonym for each member who has none."""
    added: dict[str, str] = {}
    for command in commands:
        member = command.member_id
        if member not in known and member not in added:
            person = command.resources.edition.person(member) or {}
            added[member] = view.identities.add(member, person)
    return added


def _decide_new(view: View, questions: Sequence[_Question]) -> dict[str, Written]:
    written: dict[str, Written] = {}
    view.identities.keys.load({each.subject_id for each in questions if not each.is_new})
    ordered = sorted(questions, key=lambda each: id(each.command.resources))
    for _, group in groupby(ordered, lambda each: id(each.command.resources)):
        together = list(group)
        _store_versions(view, together[0].command.resources)
        for question, decision, profile in _decide_together(together):
            beyond = decision.outcome == "APPROVE" and _is_beyond_cap(view, question.command)
            answer = capped(decision, beyond)
            written[question.digest] = _write_decision(view, question, answer, profile, beyond)
    return written


def _is_beyond_cap(view: View, command: Decide) -> bool:
    if command.is_beyond_cap is None:
        return False
    yuan, resources = command.request.amount_yuan, command.resources
    return command.is_beyond_cap(view, command.member_id, yuan, resources)


def _decide_together(
    questions: Sequence[_Question],
) -> Iterable[tuple[_Question, Decision, Profile]]:
    """Decide questions that share their resources."""
    resources = questions[0].command.resources
    profiles = [_scored_profile(each) for each in questions]
    decisions = decide_many(
        columns_of(resources.edition.numbers, profiles),
        [each.command.request for each in questions],
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
    )
    answers = [
        aged(
            bound(
                _on_grounds(decision, profile, resources),
                each.command.request.amount_yuan,
                each.ruling,
            ),
            stored_age(each.command.age),
        )
        for each, decision, profile in zip(questions, decisions, profiles, strict=True)
    ]
    return zip(questions, answers, profiles, strict=True)


def _scored_profile(question: _Question) -> Profile:
    profile, edition = question.command.profile, question.command.resources.edition
    if question.consent is not None:
        profile = with_consent(profile, edition, question.consent)
    return profile if has_consent(profile, edition) else without_values(profile, edition)


def _on_grounds(decision: Decision, profile: Profile, resources: Resources) -> Decision:
    if has_consent(profile, resources.edition):
        return decision
    return by_consent_alone(decision, resources.policy)


def _write_decision(
    view: View, question: _Question, decision: Decision, profile: Profile, is_beyond_cap: bool
) -> Written:
    command, decision_id, entry_id = question.command, new_ordered_id(), new_ordered_id()
    resources, edition = command.resources, command.resources.edition
    card_digest, policy = resources.card.digest, resources.policy
    answer = answer_of(decision, decision_id, card_digest, command.today, policy)
    body = {
        "question": question.digest,
        "asked_on": command.today.isoformat(),
        "request": command.request.__dict__,
        "as_of": edition.manifest.as_of,
        "edition_digest": edition.digest,
        "policy_digest": policy.digest,
        "card_digest": card_digest,
        "consent_at_that_moment": question.consent,
        "answer": answer,
    }
    exact = profile_to_json(edition.numbers, profile.numbers.tolist(), profile.texts)
    if has_consent(profile, edition):
        body |= seal_profile(view, question.subject_id, decision_id, exact)
    else:
        body |= {"profile": exact, BY_CONSENT_ALONE: True}  # no value of the person
    if age := stored_age(command.age):
        body["edition_age"] = age
    if is_beyond_cap:
        body[BEYOND_CAP] = True
    if question.ruling:
        body["ruling"] = question.ruling.entry_id
    entry = question.entry("DECISION", decision_id, decision.outcome, body, entry_id)
    return Written(_answer(answer), (entry,), question=question.digest)


def _write_repeat(question: _Question, first: Answer) -> Written:
    """Answer with the first decision on the question, and record the repeated request."""
    decision = json.loads(first.body)
    body = {"question": question.digest, "request": question.command.request.__dict__}
    entry = question.entry("REPEATED", decision["decision_id"], decision["outcome"], body)
    return Written(first, (entry,))


def _repeat_stored(
    question: _Question, case: Sequence[Entry], controls: Controls
) -> Written | Exception:
    if len(case) >= controls.most_entries_of_case:
        return ProblemError(CASE_FULL)
    return _write_repeat(question, _answer(case[0].body["answer"]))


def _answer(answer: Mapping[str, Any]) -> Answer:
    return Answer(200, encode_json(answer).encode())


def _store_versions(view: View, resources: Resources) -> None:
    policy, card = resources.policy, resources.card
    view.store_version(policy.digest, "policy", lambda: rfc8785.dumps(dict(policy.in_force)))
    view.store_version(card.digest, "card", lambda: card_to_json(card.card))
