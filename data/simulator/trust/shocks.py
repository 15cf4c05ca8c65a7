"""Whether a bad harvest raised the bad rate of the loans that it hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import months
from data.simulator.arrays import GROWER, Bools, Floats, Ints
from data.simulator.world.id_numbers import member_ids
from data.simulator.world.world import World

#: Log effect of weather on a township's yield below which a harvest counts as hit.
_HIT = -0.35
#: Month of the year in which each season is harvested.
_HARVESTS = {"S": 6, "A": 10}


@dataclass(frozen=True)
class ShockEffect:
    """Growers' loans that a bad harvest hit, beside others with as many harvests in their term."""

    hit: int
    bad_rate: float
    bad_rate_of_others: float


def harvest_effect(world: World, loans: pa.Table) -> ShockEffect:
    """Return the bad rate of growers' loans hit by a bad harvest, and of comparable others.

    Parameters
    ----------
    loans : pa.Table
        ``member_id``, ``disbursed_on``, ``asked__months`` and ``bad``, see `loan_table`.
    """
    member = pc.index_in(loans["member_id"], pa.array(member_ids(len(world.people)))).to_numpy()
    home = world.people.household[member.astype(np.int64)]
    start = months.month_of_day(loans["disbursed_on"].cast(pa.int32()).to_numpy().astype(np.int64))
    ends = start + loans["asked__months"].to_numpy().astype(np.int64)
    harvests, hits = _harvests(world, home, start, ends)
    grows = world.homes.works_as(GROWER)[home] & (harvests > 0)
    bad = loans["bad"].to_numpy(zero_copy_only=False).astype(np.float64)
    hit, spared = grows & (hits > 0), grows & (hits == 0)
    return ShockEffect(
        hit=int(hit.sum()),
        bad_rate=float(bad[hit].mean()),
        bad_rate_of_others=_standardised(bad, harvests, hit, spared),
    )


def _harvests(world: World, home: Ints, start: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return the harvests in each loan's term, and how many of them were hit."""
    count, hits = np.zeros(len(home), dtype=np.int64), np.zeros(len(home), dtype=np.int64)
    town = world.homes.township[home]
    for year in range(months.year_of(int(start.min())), months.year_of(int(ends.max())) + 1):
        for season, of_year in _HARVESTS.items():
            month = months.month_of(f"{year}-{of_year:02d}")
            inside = (start < month) & (month <= ends)
            count += inside
            hits += inside & (world.shocks.weather(season, year) < _HIT)[town]
    return count, hits


def _standardised(bad: Floats, harvests: Ints, hit: Bools, spared: Bools) -> float:
    """Return the bad rate of `spared` loans, weighted to the harvests of the `hit` ones."""
    numbers, weights = np.unique(harvests[hit], return_counts=True)
    rates = [bad[spared & (harvests == number)].mean() for number in numbers]
    return float(np.average(rates, weights=weights))
