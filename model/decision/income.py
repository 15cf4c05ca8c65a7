"""A household's income by month: crops in their market months, other income spread evenly.

All sums are integers in 1/10,000 yuan, so that one row and a million give the same yuan.

The archive records the sale of own crops twice, as a cropped area and as turnover. For a grower or
a cooperative the larger of the two counts, never their sum; a separate trade is added. A policy
that weighs evidence counts `model.decision.income_lines`; a policy of before counts a net sum per
mu and a wage for each declared labourer, so that decisions made under it replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Ints
from model.decision.amounts import in_favour
from model.decision.income_lines import MAX_MU, SCALE, IncomeLine, income_lines, margins
from model.policy.policy import Policy

_MAX_LABOURERS = 100
#: Lines of a trade, which for a grower is the sale of the household's own crops.
TRADE = ("turnover", "documented_business")


@dataclass(frozen=True)
class Income:
    """The income of n households, in 1/10,000 yuan.

    Attributes
    ----------
    crops : Ints
        Shape (n, 12): crop income by month; column 0 is the whole month of the as-of date.
    trade, steady : Ints
        Shape (n,): income of a year, from trade, and from subsidy, wages and what is documented.
    has_separate_trade : array of bool
        Shape (n,): whether turnover is not the sale of the household's own crops.
    lines : tuple of IncomeLine
        The sources, for a policy that weighs evidence.
    """

    crops: Ints
    trade: Ints
    steady: Ints
    has_separate_trade: NDArray[np.bool_]
    lines: tuple[IncomeLine, ...] = ()

    @property
    def regular(self) -> Ints:
        """Income of a year that is spread evenly, shape (n,)."""
        return self.trade + self.steady

    def within(self, term: Ints) -> Ints:
        """Return the income of the first `term` months, shape (n, k) like `term`."""
        crops = _within(self.crops, term)
        trade = _evenly(self.trade, term)
        separate = self.has_separate_trade[:, None]
        earned = np.where(separate, crops + trade, np.maximum(crops, trade))
        return earned + _evenly(self.steady, term)

    def regular_within(self, term: Ints) -> Ints:
        """Return the income of the first `term` months without crops, shape (n, k)."""
        return _evenly(self.regular, term)


def expected_income(columns: Columns, as_of: date, policy: Policy) -> Income:
    """Return the expected income of each household.

    Parameters
    ----------
    columns
        Those that `model.decision.income_lines.income_lines` reads and, for a policy of before,
        crop areas in mu and labourers.
    """
    if policy.weighs_evidence:
        return _evidenced(columns, as_of, policy)
    return _assumed(columns, as_of, policy)


def _evidenced(columns: Columns, as_of: date, policy: Policy) -> Income:
    lines = income_lines(columns, policy)
    fields = [each for each in lines if each.market_percent]
    market = np.array([each.market_percent for each in fields])
    # The factors are integers, so that the order of summation does not matter.
    crops: Ints = np.array([each.counted // 100 for each in fields]).T @ market
    return Income(
        crops=_from_today(crops, as_of),
        trade=sum((each.counted for each in lines if each.source in TRADE), _none(columns)),
        steady=sum(
            (e.counted for e in lines if not e.market_percent and e.source not in TRADE),
            _none(columns),
        ),
        has_separate_trade=_has_separate_trade(columns, policy),
        lines=tuple(lines),
    )


def _assumed(columns: Columns, as_of: date, policy: Policy) -> Income:
    turnover = in_favour(columns["net_sales_12m"]) + in_favour(columns["qr_receipts_12m"])
    labourers = in_favour(columns["labourers"], 1, _MAX_LABOURERS)
    return Income(
        crops=_from_today(_net_of_areas(columns, policy), as_of),
        trade=turnover * margins(columns["occupation"].tolist(), policy) * (SCALE // 100),
        steady=in_favour(columns["subsidy_12m"]) * SCALE
        + labourers * (policy["wage_yuan_per_labourer"] * SCALE),
        has_separate_trade=_has_separate_trade(columns, policy),
    )


def has_no_income_record(columns: Columns, policy: Policy) -> NDArray[np.bool_]:
    """Return which households have no record of crops, turnover, wages or papers, shape (n,)."""
    names = [*(f"area_{crop}_mu" for crop in policy.crops), "net_sales_12m", "qr_receipts_12m"]
    if policy.weighs_evidence:
        names += ["wages_credited_12m", "declared_income_yuan"]
    table = np.array([columns[name] for name in names], dtype=np.float64)
    return np.asarray(np.isnan(table).all(axis=0))


def _net_of_areas(columns: Columns, policy: Policy) -> Ints:
    areas = np.array([columns[f"area_{crop}_mu"] for crop in policy.crops], dtype=np.float64).T
    net = np.array([crop.net_yuan_per_mu for crop in policy.crops.values()])
    market = np.array([crop.market_percent for crop in policy.crops.values()])
    by_month: Ints = in_favour(areas, 100, MAX_MU) * net @ market
    return by_month


def _from_today(by_month: Ints, as_of: date) -> Ints:
    """Return months of the calendar, shape (n, 12), in the order in which they come."""
    return np.roll(by_month, 1 - as_of.month, axis=1)


def _has_separate_trade(columns: Columns, policy: Policy) -> NDArray[np.bool_]:
    occupation = columns["occupation"].tolist()
    return np.array([each in policy.trade_besides_crops for each in occupation], dtype=bool)


def _none(columns: Columns) -> Ints:
    return np.zeros(len(columns["occupation"]), dtype=np.int64)


def _evenly(yearly: Ints, term: Ints) -> Ints:
    return yearly[:, None] * term // 12


def _within(monthly: Ints, term: Ints) -> Ints:
    """Return the sum of the first `term` months; after the twelfth month the year repeats."""
    before = np.zeros((len(monthly), 13), dtype=np.int64)
    np.cumsum(monthly, axis=1, out=before[:, 1:])
    rows = np.arange(len(monthly))[:, None]
    total: Ints = before[:, 12:] * (term // 12) + before[rows, term % 12]
    return total
