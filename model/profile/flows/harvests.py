"""Information 信息流, what the land will earn: harvests ahead, last yields, rent.

Land earns by its next harvest. A lease must reach that harvest; a leased plot without a recorded
end of the lease counts as one whose lease has ended.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, DateValue, IntegerValue, Table, Value

from model.archive.tables import HARVESTED_BY, archive_tables
from model.profile.flows.formula import Formula, formula, view
from model.profile.flows.land import plots
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import in_last, mu, share, total

#: Month and day by which a harvest is in, as one number.
_HARVESTED_BY = {each: month * 100 + day for each, (month, day) in HARVESTED_BY.items()}
_CROPS = tuple(archive_tables()["plots"].columns["crop"].choices)


@view("plots")
def land_ahead(now: PointInTime) -> Table:
    """Select the plots of the last crop year; areas in hundredths of a mu, rent in fen a mu.

    `is_harvested` says that the household still holds the land at its next harvest, `is_leased`
    that it does so by a lease: rent is a cost of the harvest that it brings.
    """
    rows = plots.rows(now)
    today, lease_end = _day_number(rows.as_of), _day_number(rows.lease_end)
    by = rows.harvest.cases(*_HARVESTED_BY.items(), else_=0)
    next_year = (today % 10_000 > by).cast("int64")
    next_harvest = (today // 10_000 + next_year) * 10_000 + by
    is_own = rows.tenure == "own"
    reaches = (lease_end >= next_harvest).fill_null(False)
    return rows.mutate(is_harvested=is_own | reaches, is_leased=~is_own & reaches)


@view("plots")
def latest_yields(now: PointInTime) -> Table:
    """Select, for each crop, the plots of the latest season of the last 24 months with a yield."""
    rows = now.rows("plots")
    reported = rows.filter(rows.yield_kg_per_mu.notnull() & in_last(rows, 24))
    latest = reported.mutate(latest=reported.event_on.max().over(group_by=[*KEYS, "crop"]))
    return latest.filter(latest.event_on == latest.latest)


def _harvest_area(crop: str) -> Formula:
    def compute(rows: Table) -> Value:
        return mu(total(rows.area_mu, (rows.crop == crop) & rows.is_harvested))

    definition = f"Area of {crop} whose next harvest the household still holds the land for."
    return Formula(f"harvest_{crop}_mu", land_ahead, compute, 0, definition)


harvest_wheat_mu = _harvest_area("wheat")
harvest_maize_mu = _harvest_area("maize")
harvest_melon_mu = _harvest_area("melon")
harvest_pear_mu = _harvest_area("pear")
harvest_cherry_mu = _harvest_area("cherry")
harvest_jujube_mu = _harvest_area("jujube")
harvest_vegetable_mu = _harvest_area("vegetable")
harvest_other_mu = _harvest_area("other")


def _latest_yield(crop: str) -> Formula:
    def compute(rows: Table) -> Value:
        own = rows.crop == crop
        return share(total(rows.area_mu * rows.yield_kg_per_mu, own), total(rows.area_mu, own) * 10)

    definition = f"Area-weighted yield of {crop} in the latest season with a yield on record."
    return Formula(f"yield_{crop}_kg", latest_yields, compute, None, definition)


yield_wheat_kg = _latest_yield("wheat")
yield_maize_kg = _latest_yield("maize")
yield_melon_kg = _latest_yield("melon")
yield_pear_kg = _latest_yield("pear")
yield_cherry_kg = _latest_yield("cherry")
yield_jujube_kg = _latest_yield("jujube")
yield_vegetable_kg = _latest_yield("vegetable")


@formula(land_ahead, none=0)
def rent_12m(rows: Table) -> Value:
    """Rent of a year for land leased to its harvest; of wheat and maize on one field the larger."""
    fen = _of_the_land(rows, rows.area_mu * rows.rent_per_mu, rows.rent_per_mu.notnull())
    return fen.cast("float64") / 10_000


@formula(land_ahead, none=0)
def leased_mu_without_rent(rows: Table) -> Value:
    """Area leased to its next harvest whose rent is not on record."""
    return mu(_of_the_land(rows, rows.area_mu, rows.rent_per_mu.isnull()))


def _of_the_land(rows: Table, amount: IntegerValue, where: BooleanValue) -> IntegerValue:
    """Sum `amount` over leased land once: summer and autumn crops stand on the same fields."""
    by_harvest = {
        harvest: total(amount, rows.is_leased & where & (rows.harvest == harvest))
        for harvest in _HARVESTED_BY
    }
    return ibis.greatest(by_harvest["S"], by_harvest["A"]) + by_harvest["G"]


def _day_number(day: DateValue) -> IntegerValue:
    return day.year().cast("int64") * 10_000 + day.month() * 100 + day.day()
