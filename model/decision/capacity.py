"""Repayment capacity: the principal that a household can repay by the end of the loan.

Debt service may take at most a set share of the income until then and, under a policy that weighs
evidence, no more than living costs and rent leave of it. A loan is repaid in one sum after the
income has come in, or in equal instalments from income that is spread evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.decision.amounts import against
from model.decision.costs import Costs, yearly_costs
from model.decision.income import Income, expected_income, has_no_income_record
from model.decision.income_lines import SCALE
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
        ``harvest_bullet``, ``interest_first``, ``equal_instalments`` or, of a line, ``revolving``.
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
        Debt service of a year in yuan, shape (n,), to us and to others.
    costs : Costs or None
        All costs line by line; None under a policy that does not weigh evidence.
    free_share : Ints or None
        What each yuan of income may spend on debts, in 1/10,000, shape (n,), beside `costs`.
    lives_by_harvest, sells_herds, has_no_income_record : array of bool
        Shape (n,): whether most income is crops; livestock; no source of income on record.
    """

    income: Income
    debt_service: Ints
    lives_by_harvest: NDArray[np.bool_]
    sells_herds: NDArray[np.bool_]
    has_no_income_record: NDArray[np.bool_]
    costs: Costs | None = None
    free_share: Ints | None = None


def finances(columns: Columns, as_of: date, policy: Policy) -> Finances:
    """Return the expected income and the debt of each household.

    Parameters
    ----------
    columns
        Those that `model.decision.income.expected_income` reads, ``debt_service_12m`` in yuan and,
        for a policy that weighs evidence, those of `model.decision.costs.yearly_costs`.
    """
    income = expected_income(columns, as_of, policy)
    costs = yearly_costs(columns, policy) if policy.weighs_evidence else None
    own_debts = against(columns["debt_service_12m"])
    return Finances(
        income=income,
        debt_service=own_debts + costs.other_debts if costs else own_debts,
        lives_by_harvest=_lives_by_harvest(income, policy),
        sells_herds=np.asarray(columns["occupation"] == "livestock", dtype=bool),
        has_no_income_record=has_no_income_record(columns, policy),
        costs=costs,
        free_share=_free_share(income, costs, policy) if costs else None,
    )


def for_the_loan_that_follows(household: Finances, in_arrears: NDArray[np.bool_]) -> Finances:
    """Return the finances once the loans that run with us are repaid, as this season repays them.

    In arrears they stay as they are, and under a policy that does not weigh evidence too.
    """
    if household.costs is None:
        return household
    return replace(
        household,
        debt_service=np.where(in_arrears, household.debt_service, household.costs.other_debts),
    )


def loan_terms(
    household: Finances,
    policy: Policy,
    months: Ints | None = None,
    lines: NDArray[np.bool_] | None = None,
) -> LoanTerms:
    """Return the terms that suit each household.

    At a given term more income never lowers capacity, and more debt never raises it.

    Parameters
    ----------
    months
        Requested terms, shape (n,); None lets the household's calendar choose.
    lines
        Which rows ask for a line of credit, shape (n,): it is repaid in one sum, with interest on
        its limit for the whole term.
    """
    lines = np.zeros(len(household.debt_service), dtype=bool) if lines is None else lines
    if months is None:
        harvest = _harvest_term(household, policy)
        months = np.where(household.lives_by_harvest, harvest, policy["standard_months"])
    bounded = np.minimum(np.maximum(months, policy["minimum_months"]), policy["maximum_months"])
    capacity, in_instalments = _repayable(household, bounded, lines, policy)
    if household.costs is not None and (bounded > policy["limit_months"]).any():
        # PD is that of one farming year, so a longer term does not raise the limit.
        shorter = np.minimum(bounded, policy["limit_months"])
        capacity = np.minimum(capacity, _repayable(household, shorter, lines, policy)[0])
    return LoanTerms(
        months=bounded,
        repayment=_repayment(in_instalments, household.lives_by_harvest, lines),
        capacity_yuan=np.where(household.has_no_income_record, np.nan, capacity),
    )


def _repayable(
    household: Finances, months: Ints, lines: NDArray[np.bool_], policy: Policy
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the principal repayable over `months`, and whether in instalments, both (n,)."""
    term = months[:, None]
    bullet = _bullet(household, term, policy)[:, 0]
    spread = _instalments(household, term, policy)[:, 0]
    # Herds are sold by the lorry, not by the month.
    in_instalments = ~household.sells_herds & (spread >= bullet) & ~lines
    return np.where(in_instalments, spread, bullet).astype(np.float64), in_instalments


def _free_share(income: Income, costs: Costs, policy: Policy) -> Ints:
    """Return what each yuan of income may spend on debts, in 1/10,000, shape (n,).

    That is the policy's share of what living costs and rent leave of a year's income. Every yuan
    bears its part of the year's costs, whenever it comes in.
    """
    year = income.within(np.full((len(costs.living), 1), 12))[:, 0] // SCALE
    left = np.maximum(year - costs.before_debts, 0) * policy["debt_service_share_percent"]
    share: Ints = left * 100 // np.maximum(year, 1)
    return share


def _lives_by_harvest(income: Income, policy: Policy) -> NDArray[np.bool_]:
    crops = income.crops.sum(axis=1)
    is_most = crops * 100 >= (crops + income.regular) * policy["harvest_share_percent"]
    return np.asarray(is_most & (crops > 0))


def _repayment(
    in_instalments: NDArray[np.bool_],
    lives_by_harvest: NDArray[np.bool_],
    lines: NDArray[np.bool_],
) -> NDArray[np.object_]:
    bullet = np.where(lives_by_harvest, "harvest_bullet", "interest_first")
    loan = np.where(in_instalments, "equal_instalments", bullet)
    return np.where(lines, "revolving", loan).astype(object)


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
    free = _free(household, household.income.within(term), term, policy)
    return _principal(free, 2 * term, policy)


def _instalments(household: Finances, term: Ints, policy: Policy) -> Ints:
    """Return the principal repayable in equal instalments over `term` months, shape (n, k).

    Instalments pay interest on a falling balance: on average over (term + 1) / 2 months.
    """
    free = _free(household, household.income.regular_within(term), term, policy)
    return _principal(free, term + 1, policy)


def _free(household: Finances, income: Ints, term: Ints, policy: Policy) -> Ints:
    """Return yuan free for a new loan's principal and interest over `term` months, shape (n, k).

    A year's debt service counts in full against a shorter term, because a loan that falls due after
    harvest takes it in one sum. Beyond the year it goes on at the same pace.
    """
    if household.free_share is None:
        counted = income * policy["income_haircut_percent"] // 100
        available = counted * policy["debt_service_share_percent"] // 100 // SCALE
    else:
        available = income // SCALE * household.free_share[:, None] // 10_000
    due = household.debt_service[:, None] * np.maximum(term, 12) // 12
    free: Ints = np.maximum(available - due, 0)
    return free


def _principal(free: Ints, half_months: Ints, policy: Policy) -> Ints:
    """Return the principal that `free` yuan repay with interest over `half_months`, shape (n, k).

    Simple interest at the rate cap, so that a better grade does not raise capacity.
    """
    year = 24 * 10_000  # half-months × basis points
    principal: Ints = free * year // (year + policy["rate_cap_bp"] * half_months)
    return principal
