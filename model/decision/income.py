"""A household's income by month: fields by crop and market month, other income evenly.

All sums are whole numbers, of 1/10,000 yuan, so that one row and a million give the same yuan.

Sales of one's own crops are on record twice, as a cropped area and as turnover. For a grower or a
cooperative the larger of the two counts, never their sum; a trade beside the crops is added. Wages
are not on record: the policy counts a modest sum for each labourer on file.
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
#: Beyond any household: 100,000 mu of one crop.
_LARGEST_MU = 100_000
_MOST_LABOURERS = 100


@dataclass(frozen=True)
class Income:
    """What n households earn, in 1/10,000 yuan.

    Attributes
    ----------
    fields : Ints
        Shape (n, 12): crop income by month; column 0 is the month of the as-of date, in full.
    trade, subsidy, wages : Ints
        Shape (n,), a year.
    besides : array of bool
        Shape (n,): whether trade is a business beside the crops.
    """

    fields: Ints
    trade: Ints
    subsidy: Ints
    wages: Ints
    besides: NDArray[np.bool_]

    @property
    def regular(self) -> Ints:
        """Income of a year that comes evenly, shape (n,)."""
        return self.trade + self.subsidy + self.wages

    def within(self, term: Ints) -> Ints:
        """Return what comes in over the first `term` months, shape (n, k) like `term`."""
        fields = _within(self.fields, term)
        trade = _evenly(self.trade, term)
        both = np.where(self.besides[:, None], fields + trade, np.maximum(fields, trade))
        return both + _evenly(self.subsidy + self.wages, term)

    def regular_within(self, term: Ints) -> Ints:
        """Return what comes in over the first `term` months besides crops, shape (n, k)."""
        return _evenly(self.regular, term)


def income(columns: Columns, as_of: date, policy: Policy) -> Income:
    """Return the incomes that profiles as of a date give reason to expect.

    Parameters
    ----------
    columns
        Crop areas in mu; turnover and subsidy in yuan of the last 12 months; occupation; labourers.
    """
    occupation = columns["occupation"].tolist()
    turnover = in_favour(columns["net_sales_12m"]) + in_favour(columns["qr_receipts_12m"])
    return Income(
        fields=_fields(columns, as_of, policy),
        trade=turnover * _margin(occupation, policy) * (SCALE // 100),
        subsidy=in_favour(columns["subsidy_12m"]) * SCALE,
        wages=in_favour(columns["labourers"], 1, _MOST_LABOURERS)
        * (policy["wage_yuan_per_labourer"] * SCALE),
        besides=np.array([word in policy.trade_besides_crops for word in occupation], dtype=bool),
    )


def unknown(columns: Columns, policy: Policy) -> NDArray[np.bool_]:
    """Return where no source of income is on record at all, shape (n,)."""
    names = [*(f"area_{crop}_mu" for crop in policy.crops), "net_sales_12m", "qr_receipts_12m"]
    table = np.array([columns[name] for name in names], dtype=np.float64)
    return np.asarray(np.isnan(table).all(axis=0))


def _fields(columns: Columns, as_of: date, policy: Policy) -> Ints:
    areas = np.array([columns[f"area_{crop}_mu"] for crop in policy.crops], dtype=np.float64).T
    net = np.array([crop.net_yuan_per_mu for crop in policy.crops.values()])
    market = np.array([crop.market_percent for crop in policy.crops.values()])
    # Whole numbers all along, so the order of summation cannot matter.
    by_month: Ints = in_favour(areas, 100, _LARGEST_MU) * net @ market
    return np.roll(by_month, 1 - as_of.month, axis=1)


def _margin(occupation: list[str | None], policy: Policy) -> Ints:
    margins = policy.trade_margin_percent
    least = min(margins.values())  # an unknown occupation is counted at the lowest margin
    return np.array([margins.get(word or "", least) for word in occupation], dtype=np.int64)


def _evenly(yearly: Ints, term: Ints) -> Ints:
    return yearly[:, None] * term // 12


def _within(monthly: Ints, term: Ints) -> Ints:
    """Return the sum of the first `term` months; beyond the twelfth the year begins again."""
    before = np.zeros((len(monthly), 13), dtype=np.int64)
    np.cumsum(monthly, axis=1, out=before[:, 1:])
    rows = np.arange(len(monthly))[:, None]
    total: Ints = before[:, 12:] * (term // 12) + before[rows, term % 12]
    return total
