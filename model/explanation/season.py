"""A household's year, month by month: what comes in, what it costs, what is to be repaid.

Income is that of `model.decision.income`, so the picture shows what the capacity was computed from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from model.card.bins import Columns, Ints
from model.decision.capacity import finances
from model.decision.income_lines import SCALE
from model.policy.policy import Policy

_YEAR = 12


@dataclass(frozen=True)
class Loan:
    """A loan as it would be repaid: principal in yuan, rate a year, term, kind of repayment."""

    yuan: int
    annual_rate: float
    months: int
    repayment: str


@dataclass(frozen=True)
class Month:
    """One month, in yuan.

    Attributes
    ----------
    month : date
        Its first day.
    income_yuan : int
        What counts of the income, as the capacity counts it.
    costs_yuan : int
        Living costs and rent, a twelfth of the year's.
    debts_yuan : int
        A twelfth of a year's repayments of the loans that run.
    loan_yuan : int
        What the loan asked about would cost in this month.
    """

    month: date
    income_yuan: int
    costs_yuan: int
    debts_yuan: int
    loan_yuan: int


def season(columns: Columns, as_of: date, policy: Policy, loan: Loan | None) -> list[Month]:
    """Return the twelve months from `as_of`; none under a policy that does not weigh evidence.

    Parameters
    ----------
    columns
        The profile, arrays of shape (1,).
    loan
        The loan to repay; None for none.
    """
    household = finances(columns, as_of, policy)
    if household.costs is None:
        return []
    earned = household.income.within(np.arange(_YEAR + 1)[None, :])[0] // SCALE
    costs = _spread(household.costs.living + household.costs.rent)
    debts = _spread(household.debt_service)
    return [
        Month(
            month=_month_after(as_of, number),
            income_yuan=int(earned[number + 1] - earned[number]),
            costs_yuan=costs[number],
            debts_yuan=debts[number],
            loan_yuan=_due(loan, number + 1) if loan else 0,
        )
        for number in range(_YEAR)
    ]


def _spread(yearly: Ints) -> list[int]:
    """Return twelve whole parts of a year's amount that add up to it."""
    ends = int(yearly[0]) * np.arange(_YEAR + 1) // _YEAR
    return [int(part) for part in np.diff(ends)]


def _month_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, _YEAR)
    return date(day.year + years, month + 1, 1)


def _due(loan: Loan, month: int) -> int:
    """Return what falls due in month `month` of the loan, which begins at 1."""
    if month > loan.months:
        return 0
    rate = loan.annual_rate / _YEAR
    if loan.repayment == "equal_instalments":
        share = rate / (1 - (1 + rate) ** -loan.months) if rate else 1 / loan.months
        return round(loan.yuan * share)
    principal = loan.yuan if month == loan.months else 0
    if loan.repayment == "interest_first":
        return round(principal + loan.yuan * rate)
    return round(principal * (1 + rate * loan.months))
