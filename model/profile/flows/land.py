"""Information 信息流, the land: plots, crops, leases, insurance, yields.

Repayment capacity is computed from the area of each crop.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, Table, Value

from model.archive.tables import archive_tables
from model.profile.flows.formula import PROFILE, Formula, formula, view
from model.profile.point_in_time import KEYS, PointInTime
from model.profile.windows import in_last, month_number, mu, share, total

#: A crop year, and the four months within which a new sowing gets on record.
_CROP_YEAR_MONTHS = 12 + 4
_CROPS = tuple(archive_tables()["plots"].columns["crop"].choices)


@view("plots")
def plots(now: PointInTime) -> Table:
    """Select the plots of the last crop year, areas in hundredths of a mu.

    These are, for each harvest (summer, autumn, greenhouse), the plots of the latest season sown
    within the last 16 months. So wheat counts once, before and after the new sowing is on record.
    """
    rows = now.rows("plots").mutate(harvest=lambda row: row.season.right(1))
    recent = in_last(rows, _CROP_YEAR_MONTHS)
    latest = rows.filter(recent).mutate(
        latest=lambda row: row.season.max().over(group_by=[*KEYS, "harvest"])
    )
    return latest.filter(latest.season == latest.latest)


@view("plots", "members")
def yields(now: PointInTime) -> Table:
    """Select plots with a known yield, with the township's median of that crop and season.

    `own_weight` and `median_weight` are in 1/2000 kg: area × yield and area × median. Both are
    doubled to stay exact, because a median of two integers may end on a half.
    """
    medians = yield_medians(now) if now.yield_medians is None else now.yield_medians
    own = _reported_yields(now).mutate(month=lambda row: row.as_of.truncate("M"))
    compared = own.inner_join(medians, ["month", "peer_group"]).drop("month")
    return compared.mutate(
        own_weight=compared.area_mu * compared.yield_kg_per_mu * 2,
        median_weight=compared.area_mu * compared.doubled_median,
    )


def yield_medians(now: PointInTime) -> Table:
    """Return twice the median yield of each peer group, over everyone, for each month of the spine.

    ``month`` (its first day, on which the yields were known), ``peer_group`` of `_reported_yields`
    and ``doubled_median`` (kg per mu, integer). They need the whole archive, whatever the spine.
    """
    everyone = _reported_yields(now.by_everyone())
    medians = everyone.group_by("as_of", "peer_group").aggregate(
        doubled_median=(everyone.yield_kg_per_mu.median() * 2).cast("int64")
    )
    return medians.rename(month="as_of")


@formula(plots, none=0)
def area_total_mu(rows: Table) -> Value:
    """Area of the last crop year, all crops; land cropped twice counts twice."""
    return mu(total(rows.area_mu))


@formula(plots)
def leased_area_share(rows: Table) -> Value:
    """Leased area / cropped area."""
    return _area_share(rows, rows.tenure == "leased")


@formula(plots)
def lease_ending_share(rows: Table) -> Value:
    """Leased area whose lease ends within 12 months, or has ended / cropped area."""
    ahead = month_number(rows.lease_end) - month_number(rows.as_of)
    return _area_share(rows, (rows.tenure == "leased") & (ahead < 12))


@formula(plots, none=0)
def crop_kinds(rows: Table) -> Value:
    """Kinds of crop."""
    return rows.crop.nunique()


@formula(yields)
def yield_against_township_24m(rows: Table) -> Value:
    """Area-weighted yield / area-weighted median yield of the township, same crops and seasons."""
    return share(total(rows.own_weight), total(rows.median_weight))


@formula(plots)
def insured_area_share(rows: Table) -> Value:
    """Insured area / cropped area."""
    return _area_share(rows, rows.insured)


@formula(plots)
def demonstration_area_share(rows: Table) -> Value:
    """Area of demonstration plots / cropped area."""
    return _area_share(rows, rows.demonstration)


@formula(plots)
def trusteeship_area_share(rows: Table) -> Value:
    """Area under trusteeship / cropped area."""
    return _area_share(rows, rows.trusteeship)


def _crop_area(crop: str, definition: str) -> Formula:
    def compute(rows: Table) -> Value:
        return mu(total(rows.area_mu, rows.crop == crop))

    return Formula(f"area_{crop}_mu", plots, compute, 0, definition)


area_wheat_mu = _crop_area("wheat", "Wheat area of the last crop year.")
area_maize_mu = _crop_area("maize", "Maize area of the last crop year.")
area_melon_mu = _crop_area("melon", "Melon area of the last crop year.")
area_pear_mu = _crop_area("pear", "Pear area of the last crop year.")
area_cherry_mu = _crop_area("cherry", "Cherry area of the last crop year.")
area_jujube_mu = _crop_area("jujube", "Jujube area of the last crop year.")
area_vegetable_mu = _crop_area("vegetable", "Vegetable area of the last crop year.")
area_other_mu = _crop_area("other", "Area of other crops of the last crop year.")


@formula(PROFILE)
def largest_crop_share(profile: Table) -> Value:
    """Area of the largest crop / cropped area."""
    return share(
        ibis.greatest(*(profile[f"area_{crop}_mu"] for crop in _CROPS)), profile.area_total_mu
    )


def _area_share(rows: Table, where: BooleanValue) -> FloatingValue:
    return share(total(rows.area_mu, where), total(rows.area_mu))


def _reported_yields(now: PointInTime) -> Table:
    """Return plots with a yield; `peer_group` joins township, season and crop into one key.

    One key, because an engine that joins them one by one may first pair all growers of a crop.
    """
    rows = now.rows("plots")
    reported = rows.filter(rows.yield_kg_per_mu.notnull() & in_last(rows, 24))
    homes = now.rows("members")
    townships = homes.select(*KEYS, township=homes.village_code.left(9))
    located = reported.inner_join(townships, list(KEYS))
    return located.mutate(peer_group=located.township + located.season + located.crop)
