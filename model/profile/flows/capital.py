"""Capital 资金流: savings balances, QR receipts, bills and subsidies, by month."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import PointInTime
from model.profile.windows import growth, in_last, share, total, volatility, yuan


@view("cashflow")
def cashflow(now: PointInTime) -> Table:
    """Select cash flow by month, money in fen; a blank amount or count counts as 0."""
    return now.rows("cashflow")


@formula(cashflow)
def average_balance_12m(months: Table) -> Value:
    """Mean of the monthly average balances on record."""
    last_year = in_last(months, 12)
    return share(yuan(total(months.average_balance, last_year)), last_year.sum())


@formula(cashflow)
def lowest_balance_12m(months: Table) -> Value:
    """Smallest monthly average balance on record."""
    return yuan(months.average_balance.min(where=in_last(months, 12)))


@formula(cashflow)
def balance_growth_18m(months: Table) -> Value:
    """Growth of the mean balance: the last 6 months against the same months a year before."""
    half_year, year_before = in_last(months, 6), in_last(months, 6, skip=12)
    recent = total(months.average_balance, half_year) * year_before.sum()
    before = total(months.average_balance, year_before) * half_year.sum()
    return growth(recent, before)


@formula(cashflow)
def balance_volatility_12m(months: Table) -> Value:
    """Coefficient of variation of the monthly average balances on record, in whole yuan."""
    last_year = in_last(months, 12)
    return volatility(months.average_balance // 100, last_year.sum(), last_year)


@formula(cashflow, none=0)
def qr_receipts_12m(months: Table) -> Value:
    """Receipts by QR code."""
    return yuan(total(months.qr_receipts, in_last(months, 12)))


@formula(cashflow)
def qr_growth_24m(months: Table) -> Value:
    """Growth of QR receipts: the last 12 months against the 12 before."""
    before = total(months.qr_receipts, in_last(months, 12, skip=12))
    return growth(total(months.qr_receipts, in_last(months, 12)), before)


@formula(cashflow, none=0)
def qr_active_months_12m(months: Table) -> Value:
    """Months with QR receipts."""
    return total((months.qr_receipts > 0).cast("int64"), in_last(months, 12))


@formula(cashflow, none=0)
def qr_payers_6m(months: Table) -> Value:
    """Payers by QR code, summed over the months."""
    return total(months.qr_payers, in_last(months, 6))


@formula(cashflow)
def bills_on_time_share_12m(months: Table) -> Value:
    """Bills paid on time / bills due."""
    last_year = in_last(months, 12)
    return share(total(months.bills_paid_on_time, last_year), total(months.bills_due, last_year))


@formula(cashflow, none=0)
def late_bills_6m(months: Table) -> Value:
    """Bills due less bills paid on time."""
    half_year = in_last(months, 6)
    return total(months.bills_due, half_year) - total(months.bills_paid_on_time, half_year)


@formula(cashflow, none=0)
def subsidy_12m(months: Table) -> Value:
    """Subsidies received."""
    return yuan(total(months.subsidy, in_last(months, 12)))


@formula(cashflow)
def paid_months_12m(months: Table) -> Value:
    """Months with wages or remittances credited, where either is on record."""
    last_year = in_last(months, 12)
    recorded = months.wages_credited.notnull() | months.remittances.notnull()
    credited = months.wages_credited.fill_null(0) + months.remittances.fill_null(0) > 0
    count = total(credited.cast("int64"), last_year)
    return ibis.ifelse((recorded & last_year).any(), count, ibis.null("int64"))


@formula(cashflow, none=0)
def wages_credited_12m(months: Table) -> Value:
    """Wages credited to the account."""
    return yuan(total(months.wages_credited, in_last(months, 12)))


@formula(cashflow, none=0)
def remittances_12m(months: Table) -> Value:
    """Money sent home to the account."""
    return yuan(total(months.remittances, in_last(months, 12)))
