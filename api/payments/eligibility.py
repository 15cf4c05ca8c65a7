"""Whether a member may still be paid: consent, and a fresh assessment by the edition in use."""

from __future__ import annotations

import numpy as np

from api.cases.state import DecisionState
from api.consent.consent import CONSENT, consent_in_force, with_consent
from api.editions.edition import columns_of
from api.editions.in_use import Resources
from api.http.lending_problems import CONSENT_NOT_IN_FORCE, NO_LONGER_ELIGIBLE, PERSON_ERASED
from api.http.problems import ProblemError
from api.ledger.commands import View
from model.card.bins import Columns
from model.decision.consent import CONSENT_IN_FORCE
from model.decision.whitelist import TIERS, Assessment, assess


def columns_now(view: View, subject_id: str, member_id: str, resources: Resources) -> Columns:
    """Return the member's profile in the edition in use, with consent as it stands now.

    Raises
    ------
    ProblemError
        If the edition does not hold the member.
    """
    profile = resources.edition.profile(member_id)
    if profile is None:
        raise ProblemError(NO_LONGER_ELIGIBLE)
    edition = resources.edition
    consent = consent_in_force(view.entries_of_subject(subject_id, CONSENT), profile, edition)
    return columns_of(edition.numbers, [with_consent(profile, edition, consent)])


def refuse_ineligible(view: View, state: DecisionState, resources: Resources) -> Assessment:
    """Return the member's assessment at this moment, or refuse to pay.

    A member is still eligible while the tier carries an offer. What people approved in spite of a
    lower tier or a knock-out stays payable as long as nothing has become worse than they saw.

    Raises
    ------
    ProblemError
        If the person was erased, consent is not in force, or the member is not eligible any more.
    """
    member_id = view.member_of(state.subject_id)
    if member_id is None:
        raise ProblemError(PERSON_ERASED)
    columns = columns_now(view, state.subject_id, member_id, resources)
    if not columns[CONSENT_IN_FORCE][0] == 1.0:
        raise ProblemError(CONSENT_NOT_IN_FORCE)
    found = assess(
        columns,
        resources.edition.manifest.day,
        resources.policy,
        resources.card.card,
        np.array([state.months], dtype=np.int64),
    )
    if not (found.offered[0] or _no_worse_than_approved(found, state)):
        raise ProblemError(NO_LONGER_ELIGIBLE)
    return found


def _no_worse_than_approved(found: Assessment, state: DecisionState) -> bool:
    if not state.approved_by:
        return False
    known = {rule["code"] for rule in state.answer.get("knock_outs", ())}
    decided = TIERS.index(state.answer.get("tier", TIERS[0]))
    return int(found.rank[0]) >= decided and set(found.knock_outs.codes_of(0)) <= known
