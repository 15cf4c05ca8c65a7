"""The conditions of a payment, all of which must hold at its moment, and what it is written with.

A payment needs consent in force, a new assessment of the member by the edition in use, nothing past
due, and room in the approval, the limit and the caps.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import numpy as np

from api.cases.bank import BANK_SAID, yuan_without_payment
from api.cases.case import controls_at
from api.cases.exposure import caps_exceeded, other_decisions
from api.cases.state import DecisionState, running_draws
from api.consent.consent import CONSENT, is_consent_in_force, with_consent
from api.core.calendar import date_in_china, months_after
from api.decisions.caps import HOUSEHOLD
from api.decisions.rulings import RULINGS, binding_ruling, is_within
from api.editions.edition import columns_of
from api.editions.in_use import Resources
from api.http.lending_problems import (
    ABOVE_APPROVED,
    ABOVE_CAP,
    ABOVE_GROUP_CAP,
    ABOVE_UNCONFIRMED,
    CONSENT_NOT_IN_FORCE,
    NO_LONGER_ELIGIBLE,
    NOT_APPROVED,
    PERSON_ERASED,
    RULED_OTHERWISE,
)
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.http.repayment_problems import (
    DRAW_PAST_DUE,
)
from api.ledger.commands import View
from api.visits.visits import VISITED, bearing, lost_since, with_visits
from model.card.bins import Columns
from model.decision.consent import CONSENT_IN_FORCE
from model.decision.whitelist import TIERS, Assessment, assess
from model.policy.controls import Controls
from model.policy.policy import Policy
from model.profile.dictionary import Text


def assess_payment(
    view: View,
    state: DecisionState,
    amount_yuan: int,
    resources: Resources,
    *,
    is_confirmation: bool = False,
) -> dict[str, Any]:
    """Return the body of a payment's entry if every condition of the payment holds.

    Parameters
    ----------
    is_confirmation
        Whether the payment was proposed. A new one leaves what is proposed already untouched.

    Raises
    ------
    ProblemError
        If one does not hold.
    """
    if not state.is_drawable(view.now):
        raise ProblemError(NOT_APPROVED)
    assessment = assess_eligible(view, state, resources)
    others = other_decisions(view, state)
    refuse_beyond_ruling(view, state, others, amount_yuan)
    refuse_arrears(view, [state, *others], resources.policy)
    refuse_beyond_evidence(view, state, others, assessment, amount_yuan, resources)
    left = left_to_draw(view, state, others)
    if amount_yuan > left:
        raise ProblemError(ABOVE_APPROVED)
    if not is_confirmation:
        left = left_to_draw(view, state, others, beside_proposals=True)
    if amount_yuan > left:
        raise ProblemError(ABOVE_UNCONFIRMED)
    refuse_small(amount_yuan, left, controls_at(view))
    refuse_beyond_cap(view, state, amount_yuan, resources)
    due = due_day(state, date_in_china(view.now), resources.policy)
    return {
        **({"due_on": due.isoformat()} if due else {}),
        "number": len(state.draws) + 1,
        "tier": str(assessment.tier[0]),
        "edition_digest": resources.edition.digest,
        "policy_digest": resources.policy.digest,
        "card_digest": resources.card.digest,
    }


def refuse_beyond_evidence(
    view: View,
    state: DecisionState,
    others: Iterable[DecisionState],
    assessment: Assessment,
    amount_yuan: int,
    resources: Resources,
) -> None:
    """Refuse a payment above today's limit if a visit behind the approval counts no more.

    An approval stands while it is valid, though a newer edition would offer less; but not on what a
    visit showed that was withdrawn since, or lapsed.

    Raises
    ------
    ProblemError
        If so.
    """
    said = view.entries_of_subject(state.subject_id, VISITED)
    today = date_in_china(view.now)
    decided = date_in_china(state.decided_at) if state.decided_at else today
    if not lost_since(said, decided, state.approved_seq, today):
        return
    # The edition in use counts what was paid out before its day.
    paid = sum(
        draw.exposure_yuan
        for each in (state, *others)
        for draw in each.draws
        if draw.on >= resources.edition.manifest.day
    )
    if paid + amount_yuan > int(assessment.limit_yuan[0]):
        raise ProblemError(NO_LONGER_ELIGIBLE)


def refuse_beyond_cap(
    view: View, state: DecisionState, amount_yuan: int, resources: Resources
) -> None:
    """Refuse a payment with which more is out to a group than the policy's cap.

    Raises
    ------
    ProblemError
        If so; it says whether the household is meant, and of no other group which.
    """
    member_id = view.member_of(state.subject_id)
    total = state.used_yuan + amount_yuan
    if member_id is None:
        raise ProblemError(PERSON_ERASED)
    exceeded = caps_exceeded(view, member_id, total, resources, state.decision_id)
    if exceeded:
        raise ProblemError(ABOVE_CAP if HOUSEHOLD in exceeded else ABOVE_GROUP_CAP)


def refuse_small(amount_yuan: int, left_yuan: int, controls: Controls) -> None:
    """Refuse a payment below the smallest one, unless it is all that is left.

    Raises
    ------
    ProblemError
        422, naming the field.
    """
    smallest = min(controls.smallest_payment_yuan, left_yuan)
    if amount_yuan < smallest:
        expected = Text(
            f"不少于 {smallest:,} 元",
            f"at least {smallest:,} yuan, or all that is left if it is less",
        )
        raise ProblemError(INVALID_BODY, [FieldError("amount_yuan", expected)])


def refuse_beyond_ruling(
    view: View, state: DecisionState, others: Iterable[DecisionState], amount_yuan: int
) -> None:
    """Refuse a payment beyond what a person ruled on the member.

    An approval from before the ruling counts as a whole. All payments since the ruling count
    together, on whichever decisions: several questions within the ruled amount are no more than it.

    Raises
    ------
    ProblemError
        If the ruling binds and does not leave that much open.
    """
    rulings = view.entries_of_subject(state.subject_id, RULINGS)
    ruling = binding_ruling(rulings, view.now, controls_at(view))
    if ruling is None:
        return
    draws = (draw for each in (state, *others) for draw in each.draws)
    used = sum(draw.exposure_yuan for draw in draws if draw.seq > ruling.seq)
    if ruling.seq > state.approved_seq and ruling.decision_id != state.decision_id:
        used = max(used, state.used_yuan)
    elif ruling.outcome != "APPROVE":
        return
    if not is_within(ruling, used + amount_yuan):
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
        np.array([state.is_line]),
    )
    if not (
        assessment.offered[0] or _is_no_worse_than_approved(assessment, state, resources.policy)
    ):
        raise ProblemError(NO_LONGER_ELIGIBLE)
    return assessment


def current_columns(view: View, subject_id: str, member_id: str, resources: Resources) -> Columns:
    """Return the member's profile in the edition in use, with present consent and visits.

    Raises
    ------
    ProblemError
        If the member is not in the edition.
    """
    edition = resources.edition
    profile = edition.profile(member_id)
    if profile is None:
        raise ProblemError(NO_LONGER_ELIGIBLE)
    said = view.entries_of_subject(subject_id, (*CONSENT, *VISITED))
    consent = is_consent_in_force(said, profile, edition, resources.policy.consent_terms)
    present = with_consent(profile, edition, consent)
    visits = bearing(said, date_in_china(view.now))
    present, _ = with_visits(view, present, edition, visits, resources.policy)
    return columns_of(edition.numbers, [present])


def _is_no_worse_than_approved(
    assessment: Assessment, state: DecisionState, policy: Policy
) -> bool:
    if not state.approved_by:
        return False
    known = {rule["code"] for rule in state.answer.get("knock_outs", ())}
    decided = TIERS.index(state.answer.get("tier", TIERS[0]))
    found = set(assessment.knock_outs.codes_of(0)) - policy.notes
    return int(assessment.rank[0]) >= decided and found <= known


def refuse_arrears(view: View, states: Iterable[DecisionState], policy: Policy) -> None:
    """Refuse a payment to a member who is past due with a draw on any decision.

    Raises
    ------
    ProblemError
        If so, under a policy with lines.
    """
    if not policy.has_lines:
        return
    today, most = date_in_china(view.now), policy["arrears_stop_days"]
    draws = (draw for state in states for draw in state.draws)
    if any(draw.days_past_due(today) >= most for draw in draws):
        raise ProblemError(DRAW_PAST_DUE)


def due_day(state: DecisionState, today: date, policy: Policy) -> date | None:
    """Return the last day to repay a payment of `today`; None under a policy without lines.

    A draw on a line falls due after `draw_months`, or with the line.
    """
    if not policy.has_lines:
        return None
    if state.is_line:
        return min(months_after(today, policy["draw_months"]), state.valid_until)
    return months_after(today, state.months)


def left_to_draw(
    view: View,
    state: DecisionState,
    others: Iterable[DecisionState],
    *,
    beside_proposals: bool = False,
) -> int:
    """Return the amount that may be drawn now.

    Draws on the member's other decisions count against this one's limit, so that a draw never takes
    the total of all decisions above it. Draws on an expired decision count while they are
    outstanding and the edition that set this limit could not include them; so do loans that the
    bank has without a payment of the ledger. Of each the larger of ledger and bank counts.

    Parameters
    ----------
    beside_proposals
        Whether payments that await confirmation count as drawn.
    """
    others = list(others)
    ceiling = max(state.limit_yuan, state.approved_yuan)
    elsewhere = sum(_counts_against(state, each, view.now) for each in others)
    said = view.entries_of_subject(state.subject_id, BANK_SAID)
    # An edition includes what the archive knew before its day.
    elsewhere += yuan_without_payment(said, since=state.as_of)
    own = state.pending_yuan(view.now) if beside_proposals else 0
    elsewhere += promised_yuan(others, view.now) if beside_proposals else 0
    return max(min(state.left_yuan, ceiling - state.used_yuan - elsewhere) - own, 0)


def promised_yuan(states: Iterable[DecisionState], now: datetime) -> int:
    """Return what is proposed on decisions of one member that can be paid on, and not confirmed."""
    return sum(state.pending_yuan(now) for state in states if state.is_drawable(now))


def _counts_against(state: DecisionState, other: DecisionState, now: datetime) -> int:
    if not other.is_expired(now):
        return other.used_yuan
    # The edition includes payments before its day, but not what the bank has beyond them.
    return sum(
        draw.exposure_yuan if draw.on >= state.as_of else max(draw.extra_yuan, 0)
        for draw in running_draws(other, date_in_china(now))
    )
