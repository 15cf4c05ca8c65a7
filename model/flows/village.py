"""Identity 身份, the village's services: for audits; scoring them would score the village."""

from __future__ import annotations

from ibis.expr.types import Column, DateColumn, Table, Value

from model.flows.formula import formula, view
from model.point_in_time import KEYS, PointInTime, in_force, versions
from model.windows import completed_years


@view("members", "villages", single=True)
def village(now: PointInTime) -> Table:
    """Take the row of the member's village."""
    homes = now.rows("members").select(*KEYS, "village_code")
    known = versions("villages", now.tables["villages"])
    return in_force(known.inner_join(homes, "village_code"))


@formula(village)
def village_station_years(row: Table) -> Value:
    """Completed years since the village's station opened."""
    return _years(row, row.station_opened_on)


@formula(village)
def village_delivery_days(row: Table) -> Value:
    """As recorded."""
    return row.delivery_days_per_week


@formula(village)
def village_credit_years(row: Table) -> Value:
    """Completed years since the village became a credit village."""
    return _years(row, row.credit_village_since)


def _years(row: Table, since: DateColumn) -> Column:
    # What opens after the as-of date is not there yet.
    return (since < row.as_of).ifelse(completed_years(since, row.as_of), None)
