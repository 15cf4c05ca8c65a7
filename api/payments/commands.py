"""Commands of payments: disburse on an approved decision, in full or in part, and cancel.

A payment needs consent in force and a new assessment of the member by the edition in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from api.cases.case import CaseCommand, case_of, open_case
from api.cases.state import DecisionState, running_draws, states_of
from api.consent.consent import CONSENT, is_consent_in_force, with_consent
from api.core.calendar import date_in_china
from api.decisions.rulings import RULINGS, binding_ruling, is_within
from api.editions.edition import columns_of
from api.editions.in_use import Resources
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ALREADY_CANCELLED,
    CONSENT_NOT_IN_FORCE,
    NO_LONGER_ELIGIBLE,
    NOT_APPROVED,
    PERSON_ERASED,
    RULED_OTHERWISE,
    UNKNOWN_DISBURSEMENT,
)
from api.http.problems import ProblemError
from api.ledger.commands import View, Written
from model.card.bins import Columns
from model.decision.consent import CONSENT_IN_FORCE
from model.decision.whitelist import TIERS, Assessment, assess
from model.policy.controls import controls_on


@dataclass(frozen=True)
class Disburse(CaseCommand):
    """Pay out `amount_yuan` on a decision, after an assessment by the edition in use."""

    amount_yuan: int
    resources: Resources

    def run(self, view: View) -> Written:
        """Record the payment if every condition holds at this moment."""
        state = open_case(view, self.decision_id)
        if not state.is_drawable(view.now):
            raise ProblemError(NOT_APPROVED)
        assessment = assess_eligible(view, state, self.resources)
        refuse_beyond_ruling(view, state, self.amount_yuan)
        if self.amount_yuan > left_to_draw(view, state):
            raise ProblemError(ABOVE_APPROVED)
        body = {
            "number": len(state.draws) + 1,
            "tier": str(assessment.tier[0]),
            "edition_digest": self.resources.edition.digest,
            "policy_digest": self.resources.policy.digest,
            "card_digest": self.resources.card.digest,
        }
        return self.append(view, state, "DISBURSED", body, self.amount_yuan)


@dataclass(frozen=True)
class CancelDisbursement(CaseCommand):
    """Record that a payment did not take place, or was returned in full."""

    number: int

    def run(self, view: View) -> Written:
        """Record the cancellation in a new entry; the entry of the payment stays."""
        state = case_of(view, self.decision_id)
        draw = next((draw for draw in state.draws if draw.number == self.number), None)
        if draw is None:
            raise ProblemError(UNKNOWN_DISBURSEMENT)
        if draw.is_cancelled:
            raise ProblemError(ALREADY_CANCELLED)
        body = {"number": draw.number}
        return self.append(view, state, "DISBURSEMENT_CANCELLED", body, draw.amount_yuan)


def refuse_beyond_ruling(view: View, state: DecisionState, amount_yuan: int) -> None:
    """Refuse a payment beyond what a person ruled later on another decision on the member.

    Raises
    ------
    ProblemError
        If the ruling binds and does not leave that much open.
    """
    controls = controls_on(date_in_china(view.now))
    rulings = view.entries_of_subject(state.subject_id, RULINGS)
    ruling = binding_ruling(rulings, view.now, controls)
    if ruling is None or ruling.seq < state.approved_seq:
        return
    if ruling.decision_id != state.decision_id and not is_within(
        ruling, state.drawn_yuan + amount_yuan
    ):
        raise ProblemError(RULED_OTHERWISE)


def assess_eligible(view: View, state: DecisionState, resources: Resources) -> Assessment:
    """Return the assessment of the member at this moment, or refuse the payment.

    A member is eligible while the tier carries an offer. An approval by people in spite of a lower
    tier or a knock-out stays payable while nothing is worse than at the approval.

    Raises
    ------
    ProblemError
        If the person was erased, consent is not in force, or the member is no longer eligible.
    """
    member_id = view.member_of(state.subject_id)
    if member_id is None:
        raise ProblemError(PERSON_ERASED)
    columns = current_columns(view, state.subject_id, member_id, resources)
    if not columns[CONSENT_IN_FORCE][0] == 1.0:
        raise ProblemError(CONSENT_NOT_IN_FORCE)
    assessment = assess(
        columns,
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
        np.array([state.months], dtype=np.int64),
    )
    if not (assessment.offered[0] or _is_no_worse_than_approved(assessment, state)):
        raise ProblemError(NO_LONGER_ELIGIBLE)
    return assessment


def current_columns(view: View, subject_id: str, member_id: str, resources: Resources) -> Columns:
    """Return the member's profile in the edition in use, with the present state of consent.

    Raises
    ------
    ProblemError
        If the member is not in the edition.
    """
    edition = resources.edition
    profile = edition.profile(member_id)
    if profile is None:
        raise ProblemError(NO_LONGER_ELIGIBLE)
    consent = is_consent_in_force(view.entries_of_subject(subject_id, CONSENT), profile, edition)
    return columns_of(edition.numbers, [with_consent(profile, edition, consent)])


def _is_no_worse_than_approved(assessment: Assessment, state: DecisionState) -> bool:
    if not state.approved_by:
        return False
    known = {rule["code"] for rule in state.answer.get("knock_outs", ())}
    decided = TIERS.index(state.answer.get("tier", TIERS[0]))
    return int(assessment.rank[0]) >= decided and set(assessment.knock_outs.codes_of(0)) <= known


def left_to_draw(view: View, state: DecisionState) -> int:
    """Return the amount that may be drawn now.

    Draws on the member's other decisions count against this one's limit, so that a draw never takes
    the total of all decisions above it. Draws on an expired decision count while the loan runs and
    the edition that set this limit could not include it.
    """
    ceiling = max(state.limit_yuan, state.approved_yuan)
    others = [
        each
        for each in states_of(view.entries_of_subject(state.subject_id))
        if each.decision_id != state.decision_id
    ]
    elsewhere = sum(_counts_against(state, each, view.now) for each in others)
    return max(min(state.left_yuan, ceiling - state.drawn_yuan - elsewhere), 0)


def _counts_against(state: DecisionState, other: DecisionState, now: datetime) -> int:
    if not other.is_expired(now):
        return other.drawn_yuan
    unseen = [
        draw
        for draw in running_draws(other, date_in_china(now))
        if draw.on >= state.as_of  # the edition includes payments before its day
    ]
    return sum(draw.amount_yuan for draw in unseen)
