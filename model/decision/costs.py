"""What a household must pay in a year before it can repay a new loan, as an audited sum in yuan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.card.bins import Columns, Ints
from model.decision.amounts import against
from model.policy.policy import Policy

HEADS = "household_heads"
_MOST_HEADS = 100
#: The number of the policy by which a debt elsewhere ends; absent in older policies.
INTEREST_ELSEWHERE = "interest_elsewhere_percent"


@dataclass(frozen=True)
class Costs:
    """Costs of n households, in yuan a year, each of shape (n,).

    Attributes
    ----------
    living, rent : Ints
        Counted costs of living, and rent of land: they come before debts.
    debt_service : Ints
        Principal and interest of the coming 12 months on loans with us.
    elsewhere, guarantees : Ints
        Payments to other lenders, and the share of guarantees that is counted.
    """

    living: Ints
    rent: Ints
    debt_service: Ints
    elsewhere: Ints
    guarantees: Ints

    @property
    def before_debts(self) -> Ints:
        """Costs that come before debts."""
        return self.living + self.rent

    @property
    def other_debts(self) -> Ints:
        """Debts to others."""
        return self.elsewhere + self.guarantees


def yearly_costs(columns: Columns, policy: Policy) -> Costs:
    """Return the costs of each household under a policy that weighs evidence.

    Parameters
    ----------
    columns
        People of the household, rent, leased area without a recorded rent, debt service, and what
        the credit bureau reports: monthly payment, balance and guarantees.
    """
    return Costs(
        living=_living(columns, policy),
        rent=against(columns["rent_12m"])
        + against(columns["leased_mu_without_rent"]) * policy["usual_rent_yuan_per_mu"],
        debt_service=against(columns["debt_service_12m"]),
        elsewhere=_elsewhere(columns, policy),
        guarantees=_percent_of(
            against(columns["bureau_guarantees"]), policy["guarantee_share_percent"]
        ),
    )


def _elsewhere(columns: Columns, policy: Policy) -> Ints:
    """Return a year's payments to other lenders: at most what is owed, with a year's interest.

    A debt that is nearly repaid does not go on as if it ran for ever. Policies of before do not
    state the interest; of a balance that is not on record nothing is known.
    """
    payments = against(columns["bureau_monthly_payment"]) * 12
    interest = policy.numbers.get(INTEREST_ELSEWHERE)
    if interest is None:
        return payments
    balance = np.asarray(columns["bureau_balance"], dtype=np.float64)
    owed = _percent_of(against(balance), 100 + interest)
    return np.where(np.isnan(balance), payments, np.minimum(payments, owed))


def counted_heads(columns: Columns, policy: Policy) -> Ints:
    """Return how many people live on each household's income, shape (n,)."""
    heads = np.asarray(columns[HEADS], dtype=np.float64)
    known = np.where(np.isnan(heads), policy["unknown_household_heads"], heads)
    people: Ints = np.rint(np.clip(known, 1, _MOST_HEADS)).astype(np.int64)
    return people


def _living(columns: Columns, policy: Policy) -> Ints:
    yuan: Ints = counted_heads(columns, policy) * policy["living_cost_yuan_per_head"]
    return _percent_of(yuan, policy["living_cost_counted_percent"])


def _percent_of(yuan: Ints, percent: int) -> Ints:
    return -(-yuan * percent // 100)
