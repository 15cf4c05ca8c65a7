"""Everything that is fixed before the first month: scenario, map, households, members, shocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from data.simulator import months
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.households import Households, build_households
from data.simulator.world.people import People, build_people, household_sizes
from data.simulator.world.places import Places, build_places
from data.simulator.world.shocks import SharedShocks


@dataclass(frozen=True)
class World:
    """A scenario made concrete. Months are whole numbers (see `data.simulator.months`).

    ``start`` and ``end`` are the first and last recorded month; life begins at ``origin``.
    """

    scenario: Scenario
    luck: Luck
    places: Places
    homes: Households
    people: People
    shocks: SharedShocks
    origin: int
    start: int
    end: int

    @property
    def scale(self) -> float:
        """Return the size as a share of the full size: what quotas shrink by."""
        return len(self.people) / self.scenario.places.full_members

    def redrawn(self, replication: int, since: int) -> World:
        """Return the same world in which households' own luck differs from month `since` on."""
        luck = replace(self.luck, replication=replication, since=since)
        return replace(self, luck=luck)


def build_world(scenario: Scenario, members: int, recorded: int, seed: int) -> World:
    """Draw a world of `members` members whose last `recorded` months are on record."""
    luck = Luck(seed)
    end = months.month_of(scenario.window.end)
    start = end - recorded + 1
    places = build_places(scenario, luck, members, start, end)
    sizes = household_sizes(scenario, luck, members)
    homes = build_households(scenario, luck, places, len(sizes))
    return World(
        scenario=scenario,
        luck=luck,
        places=places,
        homes=homes,
        people=build_people(scenario, luck, homes, sizes, start, end),
        shocks=SharedShocks(scenario, luck, places.county_of_township),
        origin=start - scenario.window.run_up_months,
        start=start,
        end=end,
    )
