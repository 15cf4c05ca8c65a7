"""Logistics 物流: parcels sent and received, fresh express and its damage claims, by month."""

from __future__ import annotations

from ibis.expr.types import Table, Value

from model.profile.flows.formula import formula, view
from model.profile.point_in_time import PointInTime
from model.profile.windows import growth, in_last, share, total, volatility


@view("parcels")
def parcels(now: PointInTime) -> Table:
    """Select parcels by month."""
    return now.rows("parcels")


@formula(parcels, none=0)
def parcels_sent_12m(months: Table) -> Value:
    """Parcels sent."""
    return total(months.sent, in_last(months, 12))


@formula(parcels, none=0)
def parcels_received_12m(months: Table) -> Value:
    """Parcels received."""
    return total(months.received, in_last(months, 12))


@formula(parcels)
def parcels_growth_24m(months: Table) -> Value:
    """Growth of parcels sent: the last 12 months against the 12 before."""
    before = total(months.sent, in_last(months, 12, skip=12))
    return growth(total(months.sent, in_last(months, 12)), before)


@formula(parcels)
def parcels_volatility_12m(months: Table) -> Value:
    """Coefficient of variation of parcels sent by month; no row counts as 0."""
    return volatility(months.sent, 12, in_last(months, 12))


@formula(parcels, none=0)
def parcels_active_months_12m(months: Table) -> Value:
    """Months with at least one parcel sent."""
    return (in_last(months, 12) & (months.sent > 0)).sum()


@formula(parcels)
def fresh_share_12m(months: Table) -> Value:
    """Fresh express parcels / parcels sent."""
    last_year = in_last(months, 12)
    return share(total(months.fresh_sent, last_year), total(months.sent, last_year))


@formula(parcels)
def damage_claim_rate_12m(months: Table) -> Value:
    """Damage claims / parcels sent."""
    last_year = in_last(months, 12)
    return share(total(months.damage_claims, last_year), total(months.sent, last_year))


@formula(parcels)
def next_morning_share_12m(months: Table) -> Value:
    """Next-morning parcels / parcels sent, in the months that record both."""
    recorded = in_last(months, 12) & months.next_morning_sent.notnull()
    return share(months.next_morning_sent.sum(where=recorded), total(months.sent, recorded))
