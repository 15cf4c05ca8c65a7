"""Repayment capacity: the principal a household can repay by the time a loan falls due.

Debt service may take at most a set share of the income that comes in until then. A loan is repaid
in one sum after the income is in, or in equal instalments from what comes in evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Floats, Ints
from model.decision.amounts import against
from model.decision.income import SCALE, Income, income, unknown
from model.policy.policy import Policy


@dataclass(frozen=True)
class Terms:
    """Term, repayment kind and capacity of each row, shape (n,).

    Attributes
    ----------
    months : Ints
        The term asked for within the product's bounds or, where none was asked, the term that suits
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
class Means:
    """What n households earn and owe; any number of terms are reckoned from it.

    Attributes
    ----------
    owed : Ints
        Debt service of a year in yuan, shape (n,).
    by_harvest, sells_herds, unknown : array of bool
        Shape (n,): whether most income is crops; livestock; no source of income on record.
    """

    earned: Income
    owed: Ints
    by_harvest: NDArray[np.bool_]
    sells_herds: NDArray[np.bool_]
    unknown: NDArray[np.bool_]


def means(columns: Columns, as_of: date, policy: Policy) -> Means:
    """Return the means that profiles as of a date give reason to expect.

    Parameters
    ----------
    columns
        What `model.decision.income.income` reads, and ``debt_service_12m`` in yuan.
    """
    earned = income(columns, as_of, policy)
    return Means(
        earned=earned,
        owed=against(columns["debt_service_12m"]),
        by_harvest=_lives_by_harvest(earned, policy),
        sells_herds=np.asarray(columns["occupation"] == "livestock", dtype=bool),
        unknown=unknown(columns, policy),
    )


def terms(household: Means, policy: Policy, months: Ints | None = None) -> Terms:
    """Return the terms that suit each household.

    At a given term more income never lowers capacity, and more debt never raises it.

    Parameters
    ----------
    months
        Terms asked for, shape (n,); None lets the calendar choose.
    """
    earned, owed = household.earned, household.owed
    if months is None:
        harvest = _harvest_term(earned, owed, policy)
        months = np.where(household.by_harvest, harvest, policy["standard_months"])
    bounded = np.minimum(np.maximum(months, policy["minimum_months"]), policy["maximum_months"])
    term = bounded[:, None]
    at_once, spread = _at_once(earned, owed, term, policy), _spread(earned, owed, term, policy)
    # Herds are sold by the lorry, not by the month.
    instalments = ~household.sells_herds & (spread >= at_once)[:, 0]
    capacity = np.where(instalments, spread[:, 0], at_once[:, 0]).astype(np.float64)
    return Terms(
        months=term[:, 0],
        repayment=_repayment(instalments, household.by_harvest),
        capacity_yuan=np.where(household.unknown, np.nan, capacity),
    )


def _lives_by_harvest(earned: Income, policy: Policy) -> NDArray[np.bool_]:
    crops = earned.fields.sum(axis=1)
    most = crops * 100 >= (crops + earned.regular) * policy["harvest_share_percent"]
    return np.asarray(most & (crops > 0))


def _repayment(
    instalments: NDArray[np.bool_], by_harvest: NDArray[np.bool_]
) -> NDArray[np.object_]:
    at_once = np.where(by_harvest, "harvest_bullet", "interest_first")
    return np.where(instalments, "equal_instalments", at_once).astype(object)


def _harvest_term(earned: Income, owed: Ints, policy: Policy) -> Ints:
    """Return the term, shape (n,), that ends in the month after the best market month.

    Market months from `shortest_harvest_months` ahead are looked at; the best is the one by whose
    end most can be repaid. Without one the loan runs for the standard term.
    """
    nearest, standard = policy["shortest_harvest_months"], policy["standard_months"]
    market = np.arange(nearest, standard)
    term = np.broadcast_to(market + 1, (len(owed), len(market)))
    sells = earned.fields[:, nearest:standard] > 0
    repayable = np.where(sells, _at_once(earned, owed, term, policy), -1)
    best = market[repayable.argmax(axis=1)] + 1
    return np.where(sells.any(axis=1), best, standard)


def _at_once(earned: Income, owed: Ints, term: Ints, policy: Policy) -> Ints:
    """Return the principal repayable in one sum at the end of `term` months, shape (n, k)."""
    return _principal(_free(earned.within(term), owed, term, policy), 2 * term, policy)


def _spread(earned: Income, owed: Ints, term: Ints, policy: Policy) -> Ints:
    """Return the principal repayable in equal instalments over `term` months, shape (n, k).

    Instalments pay interest on a falling balance: on average over (term + 1) / 2 months.
    """
    return _principal(_free(earned.regular_within(term), owed, term, policy), term + 1, policy)


def _free(earned: Ints, owed: Ints, term: Ints, policy: Policy) -> Ints:
    """Return yuan free for a new loan's principal and interest over `term` months, shape (n, k).

    A year's debt service counts in full against a shorter term: a loan that falls due after harvest
    takes it at one blow. It goes on at the same pace beyond the year.
    """
    counted = earned * policy["income_haircut_percent"] // 100
    service = counted * policy["debt_service_share_percent"] // 100 // SCALE
    due = owed[:, None] * np.maximum(term, 12) // 12
    free: Ints = np.maximum(service - due, 0)
    return free


def _principal(free: Ints, half_months: Ints, policy: Policy) -> Ints:
    """Return the principal that `free` yuan repay with interest over `half_months`, shape (n, k).

    Simple interest at the rate cap, so that no grade is flattered.
    """
    year = 24 * 10_000  # half-months × basis points
    principal: Ints = free * year // (year + policy["rate_cap_bp"] * half_months)
    return principal
