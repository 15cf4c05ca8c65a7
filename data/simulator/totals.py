"""Totals of an archive, compared with the published figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.scenario import Scenario
from model.archive.tables import RECORDED_AT, archive_tables

#: Tables that the totals need.
TOTALLED = ("villages", "members", "plots", "loans", "repayments")
#: Days past due from which a loan is bad, and months of its performance window.
_BAD_DAYS, _WINDOW = 90, 12


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
        **_village_counts(newest["villages"]),
        **_lending(lent),
        **_quality(lent, newest["repayments"]),
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


def performance(lent: pa.Table, repayments: pa.Table) -> tuple[Bools, Bools]:
    """Return which loans have a complete performance window, and which of them are bad.

    The window is twelve months from disbursement, for harvest bullets from maturity. A loan is bad
    if it is 90 or more days past due at the end of a month in the window.
    """
    start, terms = _months(lent["disbursed_on"]), lent["months"].to_numpy()
    bullet = pc.equal(lent["repayment"], "harvest_bullet").to_numpy()
    start = np.where(bullet, start + terms, start)
    seen = _months(repayments["month"])
    loan = pc.index_in(repayments["loan_id"], lent["loan_id"].combine_chunks()).to_numpy()
    inside = (seen >= start[loan]) & (seen <= start[loan] + _WINDOW)
    late = repayments["days_past_due"].to_numpy() >= _BAD_DAYS
    bad = np.zeros(len(start), dtype=bool)
    bad[loan[inside & late]] = True
    ripe = start + _WINDOW <= int(seen.max(initial=0))
    return ripe, bad & ripe


def compared(scenario: Scenario, totals: Mapping[str, float]) -> Iterator[str]:
    """Yield a line per target: the simulated total, the target, and whether it is within tolerance.

    Published counts are for the full size; the targets of a smaller simulation are its share.
    """
    scale = totals["members"] / scenario.places.full_members
    for name, target in scenario.targets.items():
        scaled = target.value * (scale if target.grows else 1.0)
        within = abs(totals[name] - scaled) <= target.tolerance * scaled
        verdict = f"{'within' if within else 'OUTSIDE'} {target.tolerance:.0%}"
        yield f"{name:22} {_format(totals[name]):>14} {_format(scaled):>14}  {verdict}"


def _village_counts(villages: pa.Table) -> dict[str, float]:
    towns = pc.unique(pc.utf8_slice_codeunits(villages["village_code"], 0, 9))
    return {
        "villages": float(villages.num_rows),
        "townships": float(len(towns)),
        "stations": float(villages.num_rows - villages["station_opened_on"].null_count),
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


def _quality(lent: pa.Table, repayments: pa.Table) -> dict[str, float]:
    ripe, bad = performance(lent, repayments)
    rate = float(bad.sum() / max(ripe.sum(), 1))
    return {"ripe_loans": float(ripe.sum()), "bad_loans": float(bad.sum()), "bad_rate": rate}


def _demonstration_gain(plots: pa.Table) -> float:
    """Return by how many kg a mu the grain yield of demonstration plots exceeds that of others."""
    grain = pc.is_in(plots["crop"], pa.array(["wheat", "maize"]))
    reaped = plots.filter(pc.and_(grain, pc.is_valid(plots["yield_kg_per_mu"])))
    yields = reaped["yield_kg_per_mu"].cast(pa.float64()).to_numpy()
    is_shown = reaped["demonstration"].to_numpy()
    if not 0 < is_shown.sum() < len(is_shown):
        return 0.0
    return float(yields[is_shown].mean() - yields[~is_shown].mean())


def _sum(amounts: pa.ChunkedArray) -> float:
    return float(pc.sum(amounts).as_py() or 0)


def _months(days: pa.ChunkedArray) -> Ints:
    return months.month_of_day(days.cast(pa.int32()).to_numpy().astype(np.int64))


def _format(value: float) -> str:
    return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.0f}"
