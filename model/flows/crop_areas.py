"""Information 信息流, the area of each crop: what repayment capacity is built on."""

from __future__ import annotations

import ibis
from ibis.expr.types import FloatingValue, Table, Value

from model.flows.formula import PROFILE, formula
from model.flows.planting import plots
from model.tables import archive_tables
from model.windows import mu, share, total

_CROPS = tuple(archive_tables()["plots"].columns["crop"].choices)


@formula(plots, none=0)
def area_wheat_mu(rows: Table) -> Value:
    """Wheat area of the last crop year."""
    return _area(rows, "wheat")


@formula(plots, none=0)
def area_maize_mu(rows: Table) -> Value:
    """Maize area of the last crop year."""
    return _area(rows, "maize")


@formula(plots, none=0)
def area_melon_mu(rows: Table) -> Value:
    """Melon area of the last crop year."""
    return _area(rows, "melon")


@formula(plots, none=0)
def area_pear_mu(rows: Table) -> Value:
    """Pear area of the last crop year."""
    return _area(rows, "pear")


@formula(plots, none=0)
def area_cherry_mu(rows: Table) -> Value:
    """Cherry area of the last crop year."""
    return _area(rows, "cherry")


@formula(plots, none=0)
def area_jujube_mu(rows: Table) -> Value:
    """Jujube area of the last crop year."""
    return _area(rows, "jujube")


@formula(plots, none=0)
def area_vegetable_mu(rows: Table) -> Value:
    """Vegetable area of the last crop year."""
    return _area(rows, "vegetable")


@formula(plots, none=0)
def area_other_mu(rows: Table) -> Value:
    """Area of other crops of the last crop year."""
    return _area(rows, "other")


@formula(PROFILE)
def largest_crop_share(profile: Table) -> Value:
    """Area of the largest crop / cropped area."""
    return share(
        ibis.greatest(*(profile[f"area_{crop}_mu"] for crop in _CROPS)), profile.area_total_mu
    )


def _area(rows: Table, crop: str) -> FloatingValue:
    return mu(total(rows.area_mu, rows.crop == crop))
