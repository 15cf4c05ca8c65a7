"""A person overrules what was decided, either way; every override is on record with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from api.ledger.commands import Once, View, Written
from api.lending.case import entry_on, open_case, written
from api.lending.kinds import FOUR_EYES_NEEDED, NOT_OVERRIDABLE, OWN_CASE
from api.lending.reviewing import Ruling, refuse_unfounded, ruling_body
from api.lending.state import APPROVING, DECLINING
from api.problems import ProblemError
from model.policy import Policy


@dataclass(frozen=True)
class Override:
    """Stop an approval, or approve what was declined, up to the sum one person may approve."""

    once: Once | None
    actor: str
    decision_id: str
    ruling: Ruling
    policy: Policy

    def run(self, view: View) -> Written:
        """Overrule; payments made already are not undone by it."""
        state = open_case(view, self.decision_id)
        if self.actor in state.asked_by:
            raise ProblemError(OWN_CASE)
        if state.settled not in (DECLINING if self.ruling.verdict == "APPROVE" else APPROVING):
            raise ProblemError(NOT_OVERRIDABLE)
        refuse_unfounded(self.ruling, state, self.policy)
        amount = self.ruling.amount_yuan
        if amount is not None and amount > self.policy["four_eyes_above_yuan"]:
            raise ProblemError(FOUR_EYES_NEEDED)
        body = ruling_body(self.ruling, state, view, self.policy)
        verdict = self.ruling.verdict
        entry = entry_on(state, "OVERRIDDEN", self.actor, body, amount, verdict)
        return written(view, state, entry)
