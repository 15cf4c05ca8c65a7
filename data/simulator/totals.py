"""Totals of an archive, compared with the published figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.performance import BAD_DAYS, performance
from data.simulator.scenario import Scenario
from model.archive.tables import RECORDED_AT, archive_tables

#: Tables that the totals need.
TOTALLED = (
    "villages", "network", "stations", "station_months", "staff", "members", "plots", "loans",
    "instalments", "loan_events", "repayments",
)  # fmt: skip


def simulated_totals(tables: Mapping[str, pa.Table]) -> dict[str, float]:
    """Return the archive's totals by the names of the scenario's targets.

    Parameters
    ----------
    tables : mapping of str to pa.Table
        Archive rows of `TOTALLED`, all versions; only the latest version of each key is used.

    Returns
    -------
    dict
        Money in yuan, rates as shares. ``disbursed_last_year`` is the calendar year of the last
        loan; ``bad_rate`` covers loans with a complete performance window.
    """
    newest = {name: latest(name, tables[name]) for name in TOTALLED}
    loans = newest["loans"]
    lent = loans.filter(pc.is_valid(loans["disbursed_on"]))
    return {
        "members": float(newest["members"].num_rows),
        **_place_counts(newest),
        "demonstration_mu_visits": _demonstration_area(newest["plots"]),
        **_lending(lent.filter(pc.equal(lent["product"], "rongzi_e"))),
        **_quality(lent, newest),
        "demonstration_gain_kg": _demonstration_gain(newest["plots"]),
    }


def latest(table: str, rows: pa.Table) -> pa.Table:
    """Return the latest version of each key."""
    keys = list(archive_tables()[table].key)
    order = pc.sort_indices(rows, [(name, "ascending") for name in [*keys, RECORDED_AT]])
    ordered = rows.take(order)
    is_last = np.ones(rows.num_rows, dtype=bool)
    is_last[:-1] = False
    for name in keys:
        words = ordered[name].combine_chunks().dictionary_encode(null_encoding="encode")
        code = words.indices.to_numpy()
        is_last[:-1] |= code[1:] != code[:-1]
    return ordered.filter(pa.array(is_last))


def last_month(repayments: pa.Table) -> int:
    """Return the last month for which repayments are on record."""
    return int(_months(repayments["month"]).max(initial=0))


@dataclass(frozen=True)
class Comparison:
    """One figure of the seed beside the simulated one; `tolerance` is a share of the figure."""

    name: str
    published: float
    simulated: float
    tolerance: float

    @property
    def is_within(self) -> bool:
        """Return whether the simulated figure is within tolerance, or within rounding of one."""
        allowed = self.tolerance * abs(self.published)
        rounding = 0.5 if self.published != round(self.published) else 0.0
        return abs(self.simulated - self.published) <= max(allowed, rounding)


def compared(scenario: Scenario, totals: Mapping[str, float]) -> list[Comparison]:
    """Return each target of the scenario with its simulated total.

    Published counts are for the full size; the targets of a smaller simulation are its share.
    """
    scale = totals["members"] / scenario.places.full_members
    return [
        Comparison(
            name, target.value * (scale if target.grows else 1.0), totals[name], target.tolerance
        )
        for name, target in scenario.targets.items()
    ]


def comparison_lines(rows: Iterable[Comparison]) -> Iterator[str]:
    """Yield the table: seed figure, simulated figure, tolerance, ok."""
    yield f"{'figure':24} {'seed':>14} {'simulated':>14} {'tolerance':>10}  ok"
    for row in rows:
        published, simulated = _format(row.published), _format(row.simulated)
        verdict = "yes" if row.is_within else "NO"
        yield f"{row.name:24} {published:>14} {simulated:>14} {row.tolerance:>10.0%}  {verdict}"


def _place_counts(newest: Mapping[str, pa.Table]) -> dict[str, float]:
    villages, stations, network = newest["villages"], newest["stations"], newest["network"]
    towns = pc.unique(pc.utf8_slice_codeunits(villages["village_code"], 0, 9))
    return {
        "villages": float(villages.num_rows),
        "townships": float(len(towns)),
        "stations": float(stations.num_rows),
        "villages_with_station": float(len(pc.unique(stations["village_code"]))),
        "visits": _sum(newest["station_months"]["visits"]),
        "county_warehouses": _count(network["kind"], "county_warehouse"),
        "routes": _count(network["kind"], "route"),
        "sections": _count(network["kind"], "section"),
        "trunk_routes": _count(network["kind"], "trunk_route"),
        "trunk_trips": _sum(network["trips"]),
        "trunk_items": _sum(network["items"]),
        "managers": _count(newest["staff"]["role"], "township_manager"),
        "specialists": _count(newest["staff"]["role"], "village_specialist"),
    }


def _lending(lent: pa.Table) -> dict[str, float]:
    year = pc.year(lent["disbursed_on"])
    last_year = lent.filter(pc.equal(year, pc.max(year)))
    total = _sum(lent["amount"])
    return {
        "loans": float(lent.num_rows),
        "disbursed_total": total,
        "disbursed_last_year": _sum(last_year["amount"]),
        "average_loan": total / max(lent.num_rows, 1),
    }


def _quality(lent: pa.Table, newest: Mapping[str, pa.Table]) -> dict[str, float]:
    """Return the numbers of loans of all products with a complete window, and of bad ones."""
    last = last_month(newest["repayments"])
    ripe, worst = performance(lent, newest["instalments"], newest["loan_events"], last)
    bad = ripe & (worst >= BAD_DAYS)
    rate = float(bad.sum() / max(ripe.sum(), 1))
    return {"ripe_loans": float(ripe.sum()), "bad_loans": float(bad.sum()), "bad_rate": rate}


def _demonstration_area(plots: pa.Table) -> float:
    """Return the mu of demonstration plots over all seasons: a plot counts in each season."""
    return _sum(plots.filter(pc.equal(plots["demonstration"], True))["area_mu"])


def _demonstration_gain(plots: pa.Table) -> float:
    """Return by how many kg a mu the grain yield of demonstration plots exceeds that of others."""
    grain = pc.is_in(plots["crop"], pa.array(["wheat", "maize"]))
    reaped = plots.filter(pc.and_(grain, pc.is_valid(plots["yield_kg_per_mu"])))
    yields = reaped["yield_kg_per_mu"].cast(pa.float64()).to_numpy()
    is_shown = reaped["demonstration"].to_numpy()
    if not 0 < is_shown.sum() < len(is_shown):
        return 0.0
    return float(yields[is_shown].mean() - yields[~is_shown].mean())


def _count(words: pa.ChunkedArray, word: str) -> float:
    return float(pc.sum(pc.equal(words, word)).as_py() or 0)


def _sum(amounts: pa.ChunkedArray) -> float:
    return float(pc.sum(amounts).as_py() or 0)


def _months(days: pa.ChunkedArray) -> Ints:
    return months.month_of_day(days.cast(pa.int32()).to_numpy().astype(np.int64))


def _format(value: float) -> str:
    return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.0f}"
