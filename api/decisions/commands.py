"""The decision command, the only way to a decision; it writes each decision to the ledger.

Commands that wait together are decided in one call of the kernel. Each carries the resources of its
request, so that one version of card, policy and edition makes each decision.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Self

import rfc8785

from api.consent.consent import with_consent
from api.core.calendar import date_in_china
from api.decisions.caps import capped, stored_caps
from api.decisions.edition_age import aged, stored_age
from api.decisions.profiles import (
    BY_CONSENT_ALONE,
    by_consent_alone,
    has_consent,
    seal_profile,
    without_values,
)
from api.decisions.questions import Inquiry, Question, questions_on
from api.decisions.rulings import bound
from api.decisions.stored import answer_of, profile_to_json
from api.editions.edition import Profile, columns_of
from api.editions.in_use import Resources
from api.http.lending_problems import CASE_FULL
from api.http.problems import ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, View, Written
from api.ledger.entries import Entry, new_ordered_id
from api.visits.visits import VISITS, with_visits
from model.card.card_json import card_to_json
from model.decision.decision import Decision, decide_many
from model.decision.visits import Visit
from model.policy.controls import Controls, controls_on


@dataclass(frozen=True)
class Decide(Inquiry):
    """Decide on a member's request."""

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
        every = questions_on(view, commands)
        asked = [each for each in every if each.refusal is None]
        known = view.find_decisions({each.digest for each in asked if not each.is_new})
        cases = view.entries_of_decisions(known.values()) if known else {}
        stored = {digest: cases[decision] for digest, decision in known.items()}
        new = {each.digest: each for each in reversed(asked) if each.digest not in stored}
        decided = _decide_new(view, list(new.values()))

        def result(each: Question) -> Written | Exception:
            if each.refusal:
                return each.refusal
            if new.get(each.digest) is each:
                return decided[each.digest]
            if each.digest in decided:
                return _write_repeat(each, decided[each.digest].answer)
            return _repeat_stored(each, stored[each.digest], controls)

        return [result(each) for each in every]


def _decide_new(view: View, questions: Sequence[Question]) -> dict[str, Written]:
    written: dict[str, Written] = {}
    view.identities.keys.load({each.subject_id for each in questions if not each.is_new})
    ordered = sorted(questions, key=lambda each: id(each.command.resources))
    for _, group in groupby(ordered, lambda each: id(each.command.resources)):
        together = list(group)
        _store_versions(view, together[0].command.resources)
        for question, decision, scored in _decide_together(view, together):
            exceeded = _caps_exceeded(view, question.command, decision)
            answer = capped(decision, exceeded)
            written[question.digest] = _write_decision(view, question, answer, scored, exceeded)
    return written


def _caps_exceeded(view: View, command: Inquiry, decision: Decision) -> Collection[str]:
    if command.caps_exceeded is None or decision.outcome != "APPROVE":
        return ()
    yuan, resources = command.request.amount_yuan, command.resources
    return command.caps_exceeded(view, command.member_id, yuan, resources)


def _decide_together(
    view: View, questions: Sequence[Question]
) -> Iterable[tuple[Question, Decision, _Scored]]:
    """Decide questions that share their resources."""
    resources = questions[0].command.resources
    scored = [_scored_profile(view, each) for each in questions]
    decisions = decide_many(
        columns_of(resources.edition.numbers, [each.profile for each in scored]),
        [each.command.request for each in questions],
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
    )
    answers = [
        aged(
            bound(
                _on_grounds(decision, seen.profile, resources),
                each.command.request.amount_yuan,
                each.ruling,
            ),
            stored_age(each.command.age),
        )
        for each, decision, seen in zip(questions, decisions, scored, strict=True)
    ]
    return zip(questions, answers, scored, strict=True)


@dataclass(frozen=True)
class _Scored:
    """The profile that is decided on, and the visits that changed it."""

    profile: Profile
    visits: tuple[Visit, ...] = ()


def _scored_profile(view: View, question: Question) -> _Scored:
    resources, profile = question.command.resources, question.command.profile
    edition = resources.edition
    if question.consent is not None:
        profile = with_consent(profile, edition, question.consent)
    if not has_consent(profile, edition):
        return _Scored(without_values(profile, edition))
    return _Scored(*with_visits(view, profile, edition, question.visits, resources.policy))


def _on_grounds(decision: Decision, profile: Profile, resources: Resources) -> Decision:
    if has_consent(profile, resources.edition):
        return decision
    return by_consent_alone(decision, resources.policy)


def _write_decision(
    view: View,
    question: Question,
    decision: Decision,
    scored: _Scored,
    exceeded: Collection[str],
) -> Written:
    command, decision_id, entry_id = question.command, new_ordered_id(), new_ordered_id()
    resources, edition = command.resources, command.resources.edition
    card_digest, policy, profile = resources.card.digest, resources.policy, scored.profile
    answer = answer_of(decision, decision_id, card_digest, command.today, policy)
    body: dict[str, Any] = {
        "question": question.digest,
        "asked_on": command.today.isoformat(),
        "request": command.request.stored(),
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
    body |= stored_caps(exceeded)
    if scored.visits:
        body[VISITS] = [visit.visit_id for visit in scored.visits]
    if question.ruling:
        body["ruling"] = question.ruling.entry_id
    entry = question.entry("DECISION", decision_id, decision.outcome, body, entry_id)
    return Written(_answer(answer), (entry,), question=question.digest)


def _write_repeat(question: Question, first: Answer) -> Written:
    """Answer with the first decision on the question, and record the repeated request."""
    decision = json.loads(first.body)
    body = {"question": question.digest, "request": question.command.request.stored()}
    entry = question.entry("REPEATED", decision["decision_id"], decision["outcome"], body)
    return Written(first, (entry,))


def _repeat_stored(
    question: Question, case: Sequence[Entry], controls: Controls
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
