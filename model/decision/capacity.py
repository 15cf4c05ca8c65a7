"""Repayment capacity: the principal that a household can repay by the end of the loan.

Debt service may take at most a set share of the income until then. A loan is repaid in one sum
after the income has come in, or in equal instalments from income that is spread evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.decision.amounts import against
from model.decision.income import SCALE, Income, expected_income, has_no_income_record
from model.policy.policy import Policy


@dataclass(frozen=True)
class LoanTerms:
    """Term, repayment kind and capacity of each row, shape (n,).

    Attributes
    ----------
    months : Ints
        The requested term within the product's bounds or, without a request, the term that suits
        the household's calendar.
    repayment : object array of str
        ``harvest_bullet``, ``interest_first`` or ``equal_instalments``.
    capacity_yuan : Floats
        Largest principal repayable by then; NaN where no income source is known at all.
    """

    months: Ints
    repayment: NDArray[np.object_]
    capacity_yuan: Floats


@dataclass(frozen=True)
class Finances:
    """Income and debt of n households, from which the capacity for any term follows.

    Attributes
    ----------
    debt_service : Ints
        Debt service of a year in yuan, shape (n,).
    lives_by_harvest, sells_herds, has_no_income_record : array of bool
        Shape (n,): whether most income is crops; livestock; no source of income on record.
    """

    income: Income
    debt_service: Ints
    lives_by_harvest: NDArray[np.bool_]
    sells_herds: NDArray[np.bool_]
    has_no_income_record: NDArray[np.bool_]


def finances(columns: Columns, as_of: date, policy: Policy) -> Finances:
    """Return the expected income and the debt of each household.

    Parameters
    ----------
    columns
        Those that `model.decision.income.expected_income` reads, and ``debt_service_12m`` in yuan.
    """
    income = expected_income(columns, as_of, policy)
    return Finances(
        income=income,
        debt_service=against(columns["debt_service_12m"]),
        lives_by_harvest=_lives_by_harvest(income, policy),
        sells_herds=np.asarray(columns["occupation"] == "livestock", dtype=bool),
        has_no_income_record=has_no_income_record(columns, policy),
    )


def loan_terms(household: Finances, policy: Policy, months: Ints | None = None) -> LoanTerms:
    """Return the terms that suit each household.

    At a given term more income never lowers capacity, and more debt never raises it.

    Parameters
    ----------
    months
        Requested terms, shape (n,); None lets the household's calendar choose.
    """
    if months is None:
        harvest = _harvest_term(household, policy)
        months = np.where(household.lives_by_harvest, harvest, policy["standard_months"])
    bounded = np.minimum(np.maximum(months, policy["minimum_months"]), policy["maximum_months"])
    term = bounded[:, None]
    bullet, spread = _bullet(household, term, policy), _instalments(household, term, policy)
    # Herds are sold by the lorry, not by the month.
    in_instalments = ~household.sells_herds & (spread >= bullet)[:, 0]
    capacity = np.where(in_instalments, spread[:, 0], bullet[:, 0]).astype(np.float64)
    return LoanTerms(
        months=term[:, 0],
        repayment=_repayment(in_instalments, household.lives_by_harvest),
        capacity_yuan=np.where(household.has_no_income_record, np.nan, capacity),
    )


def _lives_by_harvest(income: Income, policy: Policy) -> NDArray[np.bool_]:
    crops = income.crops.sum(axis=1)
    is_most = crops * 100 >= (crops + income.regular) * policy["harvest_share_percent"]
    return np.asarray(is_most & (crops > 0))


def _repayment(
    in_instalments: NDArray[np.bool_], lives_by_harvest: NDArray[np.bool_]
) -> NDArray[np.object_]:
    bullet = np.where(lives_by_harvest, "harvest_bullet", "interest_first")
    return np.where(in_instalments, "equal_instalments", bullet).astype(object)


def _harvest_term(household: Finances, policy: Policy) -> Ints:
    """Return the term, shape (n,), that ends in the month after the best market month.

    The candidates are the market months from `shortest_harvest_months` ahead; the best is the one
    by whose end most can be repaid. Without a candidate the loan runs for the standard term.
    """
    nearest, standard = policy["shortest_harvest_months"], policy["standard_months"]
    market = np.arange(nearest, standard)
    term = np.broadcast_to(market + 1, (len(household.debt_service), len(market)))
    sells = household.income.crops[:, nearest:standard] > 0
    repayable = np.where(sells, _bullet(household, term, policy), -1)
    best = market[repayable.argmax(axis=1)] + 1
    return np.where(sells.any(axis=1), best, standard)


def _bullet(household: Finances, term: Ints, policy: Policy) -> Ints:
    """Return the principal repayable in one sum at the end of `term` months, shape (n, k)."""
    free = _free(household.income.within(term), household.debt_service, term, policy)
    return _principal(free, 2 * term, policy)


def _instalments(household: Finances, term: Ints, policy: Policy) -> Ints:
    """Return the principal repayable in equal instalments over `term` months, shape (n, k).

    Instalments pay interest on a falling balance: on average over (term + 1) / 2 months.
    """
    free = _free(household.income.regular_within(term), household.debt_service, term, policy)
    return _principal(free, term + 1, policy)


def _free(income: Ints, debt_service: Ints, term: Ints, policy: Policy) -> Ints:
    """Return yuan free for a new loan's principal and interest over `term` months, shape (n, k).

    A year's debt service counts in full against a shorter term, because a loan that falls due after
    harvest takes it in one sum. Beyond the year it goes on at the same pace.
    """
    counted = income * policy["income_haircut_percent"] // 100
    available = counted * policy["debt_service_share_percent"] // 100 // SCALE
    due = debt_service[:, None] * np.maximum(term, 12) // 12
    free: Ints = np.maximum(available - due, 0)
    return free


def _principal(free: Ints, half_months: Ints, policy: Policy) -> Ints:
    """Return the principal that `free` yuan repay with interest over `half_months`, shape (n, k).

    Simple interest at the rate cap, so that a better grade does not raise capacity.
    """
    year = 24 * 10_000  # half-months × basis points
    principal: Ints = free * year // (year + policy["rate_cap_bp"] * half_months)
    return principal
