"""Who works on a case: a reviewer ends a claim, the head of reviewers ends or assigns one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from api.access.account import account_of
from api.cases.case import CaseCommand, open_case
from api.cases.state import OPEN, DecisionState
from api.http.lending_problems import NOT_CLAIMED, NOT_OPEN, OWN_CASE, UNFIT_REVIEWER
from api.http.problems import ProblemError
from api.ledger.commands import View, Written
from api.ledger.tables import accounts
from api.reviews.commands import reviewable
from model.policy.policy import Policy


@dataclass(frozen=True)
class ReleaseReview(CaseCommand):
    """End one's own claim, so that another reviewer can take the case at once."""

    def run(self, view: View) -> Written:
        """Record the end of the claim."""
        state = open_case(view, self.decision_id)
        if state.claimant(view.now) != self.actor:
            raise ProblemError(NOT_CLAIMED)
        return self.append(view, state, "REVIEW_ASSIGNED", {"reviewer": None})


@dataclass(frozen=True)
class AssignReview(CaseCommand):
    """Assign an open case to a reviewer, whoever has claimed it, or end the claim on it.

    Attributes
    ----------
    reviewer : str or None
        None ends the claim, and any reviewer can take the case.
    has_accounts : bool
        Whether accounts are kept here, so that the reviewer's role and places can be checked.
    """

    reviewer: str | None
    policy: Policy
    has_accounts: bool

    def run(self, view: View) -> Written:
        """Record the assignment; it lasts as long as a claim."""
        state = open_case(view, self.decision_id)
        if state.settled not in OPEN:
            raise ProblemError(NOT_OPEN)
        if self.reviewer is None:
            return self.append(view, state, "REVIEW_ASSIGNED", {"reviewer": None})
        if self.actor in state.requested_by:
            raise ProblemError(OWN_CASE)
        self._refuse_unfit(view, state, self.reviewer)
        until = view.now + timedelta(hours=self.policy["review_claim_hours"])
        body = {"reviewer": self.reviewer, "until": until.isoformat()}
        return self.append(view, state, "REVIEW_ASSIGNED", body)

    def _refuse_unfit(self, view: View, state: DecisionState, reviewer: str) -> None:
        try:
            reviewable(view, self.decision_id, reviewer)
        except ProblemError as refusal:
            raise ProblemError(UNFIT_REVIEWER) from refusal
        if not self.has_accounts:
            return
        named = select(accounts).where(accounts.c.name == reviewer)
        row = view.connection.execute(named).mappings().first()
        account = account_of(row) if row else None
        fits = account and account.is_enabled and "reviewer" in account.roles
        if account is None or not fits or not account.principal.reaches(state.place_code):
            raise ProblemError(UNFIT_REVIEWER)
