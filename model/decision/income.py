"""A household's income by month: crops in their market months, other income spread evenly.

All sums are integers in 1/10,000 yuan, so that one row and a million give the same yuan.

The archive records the sale of own crops twice, as a cropped area and as turnover. For a grower or
a cooperative the larger of the two counts, never their sum; a separate trade is added. The archive
records no wages: the policy counts a modest sum for each labourer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Ints
from model.decision.amounts import in_favour
from model.policy.policy import Policy

#: Income is counted in 1/10,000 yuan: 0.01 mu × yuan a mu × percent sold in a month.
SCALE = 10_000
#: 100,000 mu of one crop, more than any household farms.
_MAX_MU = 100_000
_MAX_LABOURERS = 100


@dataclass(frozen=True)
class Income:
    """The income of n households, in 1/10,000 yuan.

    Attributes
    ----------
    crops : Ints
        Shape (n, 12): crop income by month; column 0 is the whole month of the as-of date.
    trade, subsidy, wages : Ints
        Shape (n,): income of a year.
    has_separate_trade : array of bool
        Shape (n,): whether turnover is not the sale of the household's own crops.
    """

    crops: Ints
    trade: Ints
    subsidy: Ints
    wages: Ints
    has_separate_trade: NDArray[np.bool_]

    @property
    def regular(self) -> Ints:
        """Income of a year that is spread evenly, shape (n,)."""
        return self.trade + self.subsidy + self.wages

    def within(self, term: Ints) -> Ints:
        """Return the income of the first `term` months, shape (n, k) like `term`."""
        crops = _within(self.crops, term)
        trade = _evenly(self.trade, term)
        separate = self.has_separate_trade[:, None]
        earned = np.where(separate, crops + trade, np.maximum(crops, trade))
        return earned + _evenly(self.subsidy + self.wages, term)

    def regular_within(self, term: Ints) -> Ints:
        """Return the income of the first `term` months without crops, shape (n, k)."""
        return _evenly(self.regular, term)


def expected_income(columns: Columns, as_of: date, policy: Policy) -> Income:
    """Return the expected income of each household.

    Parameters
    ----------
    columns
        Crop areas in mu; turnover and subsidy in yuan of the last 12 months; occupation; labourers.
    """
    occupation = columns["occupation"].tolist()
    turnover = in_favour(columns["net_sales_12m"]) + in_favour(columns["qr_receipts_12m"])
    return Income(
        crops=_crop_income(columns, as_of, policy),
        trade=turnover * _margin(occupation, policy) * (SCALE // 100),
        subsidy=in_favour(columns["subsidy_12m"]) * SCALE,
        wages=in_favour(columns["labourers"], 1, _MAX_LABOURERS)
        * (policy["wage_yuan_per_labourer"] * SCALE),
        has_separate_trade=np.array(
            [each in policy.trade_besides_crops for each in occupation], dtype=bool
        ),
    )


def has_no_income_record(columns: Columns, policy: Policy) -> NDArray[np.bool_]:
    """Return which households have no crop and no turnover on record, shape (n,)."""
    names = [*(f"area_{crop}_mu" for crop in policy.crops), "net_sales_12m", "qr_receipts_12m"]
    table = np.array([columns[name] for name in names], dtype=np.float64)
    return np.asarray(np.isnan(table).all(axis=0))


def _crop_income(columns: Columns, as_of: date, policy: Policy) -> Ints:
    areas = np.array([columns[f"area_{crop}_mu"] for crop in policy.crops], dtype=np.float64).T
    net = np.array([crop.net_yuan_per_mu for crop in policy.crops.values()])
    market = np.array([crop.market_percent for crop in policy.crops.values()])
    # The factors are integers, so that the order of summation does not matter.
    by_month: Ints = in_favour(areas, 100, _MAX_MU) * net @ market
    return np.roll(by_month, 1 - as_of.month, axis=1)


def _margin(occupation: list[str | None], policy: Policy) -> Ints:
    margins = policy.trade_margin_percent
    lowest = min(margins.values())  # for an unknown occupation
    return np.array([margins.get(each or "", lowest) for each in occupation], dtype=np.int64)


def _evenly(yearly: Ints, term: Ints) -> Ints:
    return yearly[:, None] * term // 12


def _within(monthly: Ints, term: Ints) -> Ints:
    """Return the sum of the first `term` months; after the twelfth month the year repeats."""
    before = np.zeros((len(monthly), 13), dtype=np.int64)
    np.cumsum(monthly, axis=1, out=before[:, 1:])
    rows = np.arange(len(monthly))[:, None]
    total: Ints = before[:, 12:] * (term // 12) + before[rows, term % 12]
    return total
