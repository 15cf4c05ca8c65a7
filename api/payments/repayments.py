"""Commands of repayments: record that principal of a payment was repaid, and undo the record.

Only the principal is kept, since it is what is out. A repayment is recorded whatever else is true
of the case, also after its time and for a person who withdrew consent: it only lowers what is owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.cases.case import CaseCommand, case_of, controls_at, refuse_duty
from api.cases.money import Repayment
from api.core.calendar import date_in_china
from api.http.fields import EXPECTED
from api.http.lending_problems import (
    ALREADY_CANCELLED,
)
from api.http.problem_kinds import INVALID_BODY
from api.http.problems import FieldError, ProblemError
from api.http.repayment_problems import (
    ABOVE_OUTSTANDING,
    UNKNOWN_REPAYMENT,
)
from api.ledger.commands import View, Written
from api.payments.commands import payment
from api.payments.conditions import refuse_small


@dataclass(frozen=True)
class Repay(CaseCommand):
    """Record that `amount_yuan` of the principal of payment `number` was repaid on a day."""

    number: int
    amount_yuan: int
    repaid_on: date

    def run(self, view: View) -> Written:
        """Record it, if so much is outstanding."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        draw = payment(state, self.number)
        refuse_duty(view, state, "repay", self.actor, controls)
        if not draw.on <= self.repaid_on <= date_in_china(view.now):
            raise ProblemError(INVALID_BODY, [FieldError("repaid_on", EXPECTED["repaid_on"])])
        if self.amount_yuan > draw.outstanding_yuan:
            raise ProblemError(ABOVE_OUTSTANDING)
        refuse_small(self.amount_yuan, draw.outstanding_yuan, controls)
        body = {"number": draw.number, "repaid_on": self.repaid_on.isoformat()}
        return self.append(view, state, "REPAID", body, self.amount_yuan)


@dataclass(frozen=True)
class CancelRepayment(CaseCommand):
    """Record that a repayment did not take place: what it freed is outstanding again."""

    number: int
    repayment: int

    def run(self, view: View) -> Written:
        """Record the cancellation; the entry of the repayment stays."""
        controls, state = controls_at(view), case_of(view, self.decision_id)
        draw = payment(state, self.number)
        undone = _repayment(draw.repayments, self.repayment)
        refuse_duty(view, state, "cancel", self.actor, controls)
        body = {"number": draw.number, "repayment": undone.number}
        return self.append(view, state, "REPAYMENT_CANCELLED", body, undone.amount_yuan)


def _repayment(repayments: tuple[Repayment, ...], number: int) -> Repayment:
    if not 0 < number <= len(repayments):
        raise ProblemError(UNKNOWN_REPAYMENT)
    if repayments[number - 1].is_cancelled:
        raise ProblemError(ALREADY_CANCELLED)
    return repayments[number - 1]
