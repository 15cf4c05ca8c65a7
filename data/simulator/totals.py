"""What an archive's rows add up to, beside the figures they are calibrated to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.scenario import Scenario
from model.archive.tables import RECORDED_AT, archive_tables

#: The tables that totals are taken from.
TOTALLED = ("villages", "members", "plots", "loans", "repayments")
#: Days past due from which a loan is bad, and months its performance is watched.
_BAD_DAYS, _WINDOW = 90, 12


def simulated_totals(tables: Mapping[str, pa.Table]) -> dict[str, float]:
    """Return the archive's totals by the names of the scenario's targets.

    Parameters
    ----------
    tables : mapping of str to pa.Table
        Archive rows of `TOTALLED`, all versions; the latest version of each key counts.

    Returns
    -------
    dict
        Money in yuan, rates as shares. ``disbursed_last_year`` is the calendar year of the last
        loan; ``bad_rate`` is over loans whose whole performance window is on record.
    """
    newest = {name: latest(name, tables[name]) for name in TOTALLED}
    loans = newest["loans"]
    lent = loans.filter(pc.is_valid(loans["disbursed_on"]))
    return {
        "members": float(newest["members"].num_rows),
        **_places(newest["villages"]),
        **_lending(lent),
        **_quality(lent, newest["repayments"]),
        "demonstration_gain_kg": _demonstration_gain(newest["plots"]),
    }


def latest(table: str, rows: pa.Table) -> pa.Table:
    """Return the latest version of each key."""
    keys = list(archive_tables()[table].key)
    order = pc.sort_indices(rows, [(name, "ascending") for name in [*keys, RECORDED_AT]])
    ordered = rows.take(order)
    ended = np.ones(rows.num_rows, dtype=bool)
    ended[:-1] = False
    for name in keys:
        code = ordered[name].combine_chunks().dictionary_encode().indices.to_numpy()
        ended[:-1] |= code[1:] != code[:-1]
    return ordered.filter(pa.array(ended))


def performance(lent: pa.Table, repayments: pa.Table) -> tuple[Bools, Bools]:
    """Return which loans have their whole performance window on record, and which of them are bad.

    The window is twelve months from disbursement, for harvest bullets from maturity; bad is 90 or
    more days past due at the end of a month in it.
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


def compared(scenario: Scenario, found: Mapping[str, float]) -> Iterator[str]:
    """Yield a line per target: simulated, aimed at, and whether it lies within tolerance.

    Published counts hold at full size; a smaller simulation aims at its share of them.
    """
    scale = found["members"] / scenario.places.full_members
    for name, target in scenario.targets.items():
        aim = target.value * (scale if target.grows else 1.0)
        within = abs(found[name] - aim) <= target.tolerance * aim
        verdict = f"{'within' if within else 'OUTSIDE'} {target.tolerance:.0%}"
        yield f"{name:22} {_shown(found[name]):>14} {_shown(aim):>14}  {verdict}"


def _places(villages: pa.Table) -> dict[str, float]:
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
    """Return how many kg a mu of grain demonstration plots yield above the others."""
    grain = pc.is_in(plots["crop"], pa.array(["wheat", "maize"]))
    reaped = plots.filter(pc.and_(grain, pc.is_valid(plots["yield_kg_per_mu"])))
    yields = reaped["yield_kg_per_mu"].cast(pa.float64()).to_numpy()
    shown = reaped["demonstration"].to_numpy()
    return (
        float(yields[shown].mean() - yields[~shown].mean()) if 0 < shown.sum() < len(shown) else 0.0
    )


def _sum(amounts: pa.ChunkedArray) -> float:
    return float(pc.sum(amounts).as_py() or 0)


def _months(days: pa.ChunkedArray) -> Ints:
    return months.month_of_day(days.cast(pa.int32()).to_numpy().astype(np.int64))


def _shown(value: float) -> str:
    return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.0f}"
