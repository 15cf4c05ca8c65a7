"""The world before the first month: scenario, villages, households, members, shared shocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.simulator import months
from data.simulator.arrays import CROPS, Bools, Floats, Ints
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.cooperatives import Cooperatives, build_cooperatives
from data.simulator.world.households import Households, build_households
from data.simulator.world.network import Network, Staff, build_network, build_staff
from data.simulator.world.people import People, build_people, household_sizes
from data.simulator.world.villages import Villages, build_villages


@dataclass(frozen=True)
class World:
    """A drawn scenario. Months are integers, see `data.simulator.months`.

    ``start`` and ``end`` are the first and last recorded month; ``origin`` is the first simulated.
    """

    scenario: Scenario
    luck: Luck
    villages: Villages
    homes: Households
    people: People
    cooperatives: Cooperatives
    network: Network
    staff: Staff
    shocks: SharedShocks
    origin: int
    start: int
    end: int

    @property
    def scale(self) -> float:
        """Return the size as a share of the full size; quotas are multiplied by it."""
        return len(self.people) / self.scenario.places.full_members

    def redrawn(self, replication: int, since: int) -> World:
        """Return the same world with another luck of single households from month `since` on."""
        luck = replace(self.luck, replication=replication, since=since)
        return replace(self, luck=luck)


def build_world(scenario: Scenario, members: int, recorded: int, seed: int) -> World:
    """Draw a world of `members` members, of which the last `recorded` months are recorded."""
    luck = Luck(seed)
    end = months.month_of(scenario.window.end)
    start = end - recorded + 1
    villages = build_villages(scenario, luck, members, start, end)
    sizes = household_sizes(scenario, luck, members)
    homes = build_households(scenario, luck, villages, len(sizes))
    share = members / scenario.places.full_members
    recorded_days = int(months.first_day(start)), int(months.last_day(end))
    return World(
        scenario=scenario,
        luck=luck,
        villages=villages,
        homes=homes,
        people=build_people(scenario, luck, homes, sizes, start, end),
        cooperatives=build_cooperatives(scenario, luck, homes, recorded_days),
        network=build_network(scenario, luck, villages, share),
        staff=build_staff(scenario, luck, villages, share),
        shocks=SharedShocks(scenario, luck, villages.county_of_township),
        origin=start - scenario.window.run_up_months,
        start=start,
        end=end,
    )


#: Month of the year for the draws of each season of the archive contract.
_SEASON_MONTH = {"S": 6, "A": 10, "G": 3}


@dataclass(frozen=True)
class SharedShocks:
    """Shocks shared by a township, a county, a crop or all: weather, prices, disease, jobs."""

    scenario: Scenario
    luck: Luck
    county_of_township: Ints

    def weather(self, season: str, year: int) -> Floats:
        """Return the log yield effect of one season for each township."""
        rng = self.luck.shared("weather", months.month_of(f"{year}-{_SEASON_MONTH[season]:02d}"))
        shocks, towns = self.scenario.shocks, len(self.county_of_township)
        county = rng.normal(0, shocks.weather_county, self.county_of_township.max() + 1)
        local = rng.normal(0, shocks.weather, towns) + county[self.county_of_township]
        struck = rng.random(towns) < shocks.disaster
        return np.asarray(local + np.where(struck, np.log(1 - shocks.disaster_loss), 0.0))

    def prices(self, month: int) -> Floats:
        """Return the log price of each crop in the marketing year of `month` (it starts in May)."""
        marketing_year = months.year_of(month - 4)
        rng = self.luck.shared("prices", marketing_year)
        return rng.normal(0.0, np.asarray(self.scenario.shocks.price), len(CROPS))

    def herd_price(self, month: int) -> float:
        """Return the log price of livestock in the year of `month`."""
        draw = self.luck.shared("herd price", months.year_of(month)).normal()
        return float(self.scenario.shocks.herd_price * draw)

    def disease(self, month: int) -> Bools:
        """Return which townships' herds fall ill."""
        rng = self.luck.shared("disease", month)
        return rng.random(len(self.county_of_township)) < self.scenario.shocks.disease

    def roads(self, month: int) -> Floats:
        """Return the share of normal trade in each county, below 1 during a lockdown."""
        shocks, counties = self.scenario.shocks, self.county_of_township.max() + 1
        closed = self.luck.shared("roads", month).random(counties) < shocks.lockdown
        closed &= months.year_of(month) in shocks.lockdown_years
        return np.where(closed, 1.0 - shocks.lockdown_loss, 1.0)

    def jobs(self, month: int) -> float:
        """Return the factor on the chance of losing work, which is shared by all, by quarter."""
        rng = self.luck.shared("jobs", month // 3)
        return float(np.exp(rng.normal(0, self.scenario.shocks.jobs)))
