"""Repayment capacity: what a household can repay by the time a loan falls due.

The farm's income comes by crop and market month, other income evenly over the year. Debt service
may take at most a set share of it. All sums are whole numbers (of 1/10,000 yuan), so that one row
and a million give the same yuan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.policy import Policy
from model.scorecard import Columns, Floats, Ints

#: Income is counted in 1/10,000 yuan: 0.01 mu × yuan a mu × percent sold in a month.
_SCALE = 10_000


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


def terms(columns: Columns, as_of: date, policy: Policy, months: Ints | None = None) -> Terms:
    """Return the terms that suit each household as of a date.

    Parameters
    ----------
    columns
        Crop areas in mu, turnover, subsidy and debt service in yuan of the last 12 months, and
        occupation.
    months
        Terms asked for, shape (n,); None lets the calendar choose.
    """
    crops = _crop_income_by_month(columns, as_of, policy)
    regular = _regular_income_a_month(columns, policy)
    by_harvest = (
        crops.sum(axis=1) * 100
        >= (crops.sum(axis=1) + regular * 12) * policy["harvest_share_percent"]
    )
    repayment = _repayment(columns, by_harvest & (crops.sum(axis=1) > 0))
    term = _harvest_term(crops, repayment, policy) if months is None else months
    term = np.clip(term, policy["minimum_months"], policy["maximum_months"])
    instalments = repayment == "equal_instalments"
    income = regular * term + np.where(instalments, 0, _within(crops, term))
    principal = _principal(_available(columns, income, term, policy), term, instalments, policy)
    return Terms(term, repayment, np.where(_unknown(columns, policy), np.nan, principal))


def _whole(values: object, scale: int = 1) -> Ints:
    """Return `values` × `scale` rounded to whole numbers, missing as 0."""
    numbers = np.asarray(values, dtype=np.float64) * scale
    whole: Ints = np.rint(np.nan_to_num(numbers, nan=0.0)).astype(np.int64)
    return whole


def _crop_income_by_month(columns: Columns, as_of: date, policy: Policy) -> Ints:
    """Return crop income, shape (n, 12), from the month of `as_of` onwards."""
    order = [(as_of.month - 1 + ahead) % 12 for ahead in range(12)]
    income = np.zeros((len(columns["occupation"]), 12), dtype=np.int64)
    for name, crop in policy.crops.items():
        grown = _whole(columns[f"area_{name}_mu"], 100) * crop.net_yuan_per_mu
        income += np.outer(grown, np.array(crop.market_percent)[order])
    return income


def _regular_income_a_month(columns: Columns, policy: Policy) -> Ints:
    turnover = _whole(columns["net_sales_12m"]) + _whole(columns["qr_receipts_12m"])
    margins = policy.trade_margin_percent
    least = min(margins.values())  # an unknown occupation is counted at the lowest margin
    margin = np.array([margins.get(word, least) for word in columns["occupation"].tolist()])
    yearly = np.maximum(turnover, 0) * margin + _whole(columns["subsidy_12m"]) * 100
    monthly: Ints = yearly * (_SCALE // 100) // 12
    return monthly


def _repayment(columns: Columns, by_harvest: NDArray[np.bool_]) -> NDArray[np.object_]:
    livestock = columns["occupation"] == "livestock"
    otherwise = np.where(livestock, "interest_first", "equal_instalments")
    return np.where(by_harvest, "harvest_bullet", otherwise).astype(object)


def _harvest_term(crops: Ints, repayment: NDArray[np.object_], policy: Policy) -> Ints:
    """Return the month after the best market month that is far enough away, else the standard."""
    nearest = policy["shortest_harvest_months"]
    best = nearest + np.argmax(crops[:, nearest - 1 :], axis=1)
    harvest = np.minimum(best + 1, policy["standard_months"])
    return np.where(repayment == "harvest_bullet", harvest, policy["standard_months"])


def _within(crops: Ints, term: Ints) -> Ints:
    """Return crop income over the first `term` months, whole years counted by the year."""
    running = np.concatenate([np.zeros((len(crops), 1), np.int64), crops.cumsum(axis=1)], axis=1)
    part = np.take_along_axis(running, (term % 12)[:, None], axis=1)[:, 0]
    total: Ints = running[:, 12] * (term // 12) + part
    return total


def _available(columns: Columns, income: Ints, term: Ints, policy: Policy) -> Ints:
    """Return yuan free for a new loan's principal and interest over `term` months."""
    counted = income * policy["income_haircut_percent"] // 100
    service = counted * policy["debt_service_share_percent"] // 100 // _SCALE
    owed = _whole(columns["debt_service_12m"]) * np.minimum(term, 12) // 12
    free: Ints = np.maximum(service - owed, 0)
    return free


def _principal(
    available: Ints, term: Ints, instalments: NDArray[np.bool_], policy: Policy
) -> Floats:
    """Return principal repayable from `available` at the rate cap, so that no grade is flattered.

    Instalments pay interest on a falling balance: on average over (term + 1) / 2 months.
    """
    year = 12 * 10_000
    doubled_months = np.where(instalments, term + 1, 2 * term)
    principal = available * 2 * year // (2 * year + policy["rate_cap_bp"] * doubled_months)
    return np.asarray(principal, dtype=np.float64)


def _unknown(columns: Columns, policy: Policy) -> NDArray[np.bool_]:
    names = [*(f"area_{crop}_mu" for crop in policy.crops), "net_sales_12m", "qr_receipts_12m"]
    table = np.stack([np.asarray(columns[name], dtype=np.float64) for name in names])
    return np.asarray(np.isnan(table).all(axis=0))
