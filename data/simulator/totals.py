"""What an archive's rows add up to, beside the figures they are calibrated to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.scenario import Scenario
from model.tables import RECORDED_AT, archive_tables

if TYPE_CHECKING:
    from data.simulator.simulation import Simulation

#: Days past due from which a loan is bad, and months its performance is watched.
_BAD_DAYS, _WINDOW = 90, 12


def simulated_totals(tables: Mapping[str, pa.Table]) -> dict[str, float]:
    """Return the archive's totals by the names of the scenario's targets.

    Parameters
    ----------
    tables : mapping of str to pa.Table
        Archive rows, all versions; the latest version of each key counts.

    Returns
    -------
    dict
        Money in yuan, rates as shares; ``bad_rate`` over loans whose whole window is on record.
    """
    villages, loans = latest("villages", tables["villages"]), latest("loans", tables["loans"])
    lent = loans.filter(pc.is_valid(loans["disbursed_on"]))
    in_last_year = pc.equal(pc.year(lent["disbursed_on"]), pc.max(pc.year(lent["disbursed_on"])))
    ripe, bad = performance(lent, latest("repayments", tables["repayments"]))
    return {
        "members": pc.count_distinct(tables["members"]["member_id"]).as_py(),
        "disbursed_total": _sum(lent["amount"]),
        "disbursed_2023": _sum(lent.filter(in_last_year)["amount"]),
        "loans": lent.num_rows,
        "average_loan": _sum(lent["amount"]) / max(lent.num_rows, 1),
        "ripe_loans": int(ripe.sum()),
        "bad_loans": int(bad.sum()),
        "bad_rate": float(bad.sum() / max(ripe.sum(), 1)),
        "stations": villages.num_rows - villages["station_opened_on"].null_count,
        "villages": villages.num_rows,
        "townships": len(pc.unique(pc.utf8_slice_codeunits(villages["village_code"], 0, 9))),
        "demonstration_gain_kg": _demonstration_gain(latest("plots", tables["plots"])),
    }


def latest(table: str, rows: pa.Table) -> pa.Table:
    """Return the latest version of each key."""
    keys = list(archive_tables()[table].key)
    newest = rows.group_by(keys).aggregate([(RECORDED_AT, "max")])
    newest = newest.rename_columns([*keys, RECORDED_AT])
    return rows.join(newest, keys=[*keys, RECORDED_AT], join_type="inner")


def performance(lent: pa.Table, repayments: pa.Table) -> tuple[Bools, Bools]:
    """Return which loans have their whole performance window on record, and which of them are bad.

    The window is twelve months from disbursement, for harvest bullets from maturity; bad is 90 or
    more days past due at the end of a month in it.
    """
    start, terms = _months(lent["disbursed_on"]), lent["months"].to_numpy()
    bullet = pc.equal(lent["repayment"], "harvest_bullet").to_numpy(zero_copy_only=False)
    start = np.where(bullet, start + terms, start)
    seen = _months(repayments["month"])
    loan = pc.index_in(repayments["loan_id"], lent["loan_id"].combine_chunks())
    loan = pc.fill_null(loan, -1).to_numpy().astype(np.int64)
    inside = (loan >= 0) & (seen >= start[loan]) & (seen <= start[loan] + _WINDOW)
    late = repayments["days_past_due"].to_numpy() >= _BAD_DAYS
    bad = np.zeros(len(start), dtype=bool)
    bad[loan[inside & late]] = True
    ripe = start + _WINDOW <= int(seen.max(initial=0))
    return ripe, bad & ripe


def against_targets(simulation: Simulation) -> Iterator[str]:
    """Yield one line per target: simulated, published, and whether it lies within tolerance."""
    found = simulated_totals({name: simulation.table(name) for name in _NEEDED})
    yield from compared(simulation.world.scenario, found)


def compared(scenario: Scenario, found: Mapping[str, float]) -> Iterator[str]:
    """Yield one line per target of the scenario, then one per further total."""
    for name, target in scenario.targets.items():
        off = abs(found[name] - target.value) / target.value
        verdict = "within" if off <= target.tolerance else "outside"
        yield (f"{name:24}{found[name]:>16,.4g}{target.value:>16,.4g}"
               f"  {verdict} {target.tolerance:.0%}  [{target.source}]")  # fmt: skip


_NEEDED = ("villages", "members", "plots", "loans", "repayments")


def _sum(amounts: pa.ChunkedArray) -> float:
    return float(pc.sum(amounts).as_py() or 0)


def _months(days: pa.ChunkedArray) -> Ints:
    return months.month_of_day(days.cast(pa.int32()).to_numpy().astype(np.int64))


def _demonstration_gain(plots: pa.Table) -> float:
    """Return how many kg a mu of grain demonstration plots yield above the others."""
    grain = pc.is_in(plots["crop"], pa.array(["wheat", "maize"]))
    yields = plots.filter(pc.and_(grain, pc.is_valid(plots["yield_kg_per_mu"])))
    shown = pc.fill_null(yields["demonstration"], False)
    means = [
        float(pc.mean(yields.filter(chosen)["yield_kg_per_mu"].cast(pa.float64())).as_py() or 0.0)
        for chosen in (shown, pc.invert(shown))
    ]
    return means[0] - means[1]
