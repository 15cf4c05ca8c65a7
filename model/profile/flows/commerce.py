"""Commerce 商流: sales on Youle, live-stream shops and station counters, by month and channel."""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.archive.tables import archive_tables
from model.profile.flows.formula import formula, view
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import growth, in_last, share, total, volatility, yuan

_CHANNELS = tuple(archive_tables()["sales"].columns["channel"].choices)


@view("sales")
def sales(now: PointInTime) -> Table:
    """Prepare sales by month, all channels together, money in fen.

    `net` is the amount less refunds; ``by_<channel>`` says whether the channel had an order.
    """
    lines = now.rows("sales")
    sold = lines.orders > 0
    used = {f"by_{each}": ((lines.channel == each) & sold).any() for each in _CHANNELS}
    months = lines.group_by([*KEYS, "months_ago"]).aggregate(
        amount=lines.amount.sum(),
        refunds=lines.refunds.sum().fill_null(0),
        orders=lines.orders.sum(),
        **used,
    )
    return months.mutate(net=months.amount - months.refunds)


@formula(sales, none=0)
def net_sales_12m(months: Table) -> Value:
    """Sales less refunds, all channels."""
    return yuan(total(months.net, in_last(months, 12)))


@formula(sales)
def net_sales_growth_24m(months: Table) -> Value:
    """Growth of net sales: the last 12 months against the 12 before, so that seasons cancel."""
    before = total(months.net, in_last(months, 12, skip=12))
    return growth(total(months.net, in_last(months, 12)), before)


@formula(sales)
def sales_volatility_12m(months: Table) -> Value:
    """Coefficient of variation of monthly net sales (whole yuan); no sales count as 0."""
    return volatility(months.net // 100, 12, in_last(months, 12))


@formula(sales, none=0)
def sales_active_months_12m(months: Table) -> Value:
    """Months with at least one order."""
    return (in_last(months, 12) & (months.orders > 0)).sum()


@formula(sales, none=0)
def sales_channels_12m(months: Table) -> Value:
    """Channels with at least one order."""
    last_year = in_last(months, 12)
    used = [months[f"by_{channel}"].any(where=last_year) for channel in _CHANNELS]
    return sum(each.fill_null(False).cast("int64") for each in used)


@formula(sales)
def refund_share_12m(months: Table) -> Value:
    """Refunds / sales."""
    last_year = in_last(months, 12)
    return share(total(months.refunds, last_year), total(months.amount, last_year))


@formula(sales)
def months_since_last_sale_24m(months: Table) -> Value:
    """Months from the latest month with an order to the as-of date's month."""
    return months.months_ago.min(where=in_last(months, 24) & (months.orders > 0)) + 1
