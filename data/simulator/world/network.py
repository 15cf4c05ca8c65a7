"""The delivery network and the staff, by the published counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import Bools, Ints
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario
from data.simulator.world.villages import COUNTIES, Villages

NETWORK_KINDS = ("county_warehouse", "route", "section", "trunk_route")
WAREHOUSE, ROUTE, SECTION, TRUNK = range(4)
STAFF_ROLES = ("township_manager", "village_specialist", "officer")
MANAGER, SPECIALIST, OFFICER = range(3)
OFFICERS_PER_TOWNSHIP = 6
#: Ends of the direct trunk routes.
_HUBS = ("济南", "北京", "石家庄", "郑州", "上海", "青岛", "天津", "邯郸", "德州", "菏泽", "武汉",
         "南京", "临沂")  # fmt: skip


@dataclass(frozen=True)
class Network:
    """One entry per node or route, in the order of `NETWORK_KINDS`; places are texts.

    ``trips`` and ``items`` a year are 0 where they are not counted.
    """

    kind: Ints
    begins: Sequence[str]
    ends: Sequence[str]
    opened: Ints
    trips: Ints
    items: Ints


@dataclass(frozen=True)
class Staff:
    """One entry per person: role, administrative code of the place, first day."""

    role: Ints
    place: Sequence[str]
    since: Ints


def build_network(scenario: Scenario, luck: Luck, villages: Villages, share: float) -> Network:
    """Draw the network; routes and sections of a smaller world are its `share`."""
    full, rng = scenario.network, luck.shared("network")
    names = [name for _, name in COUNTIES]
    towns, of_town = villages.township_names, villages.county_of_township
    routes = rng.integers(0, len(towns), max(1, round(full.routes * share)))
    sections = rng.integers(0, len(villages.village_names), max(1, round(full.sections * share)))
    begins = [
        *names[1 : full.county_warehouses + 1],
        *(names[of_town[town]] for town in routes),
        *(towns[villages.township_of[village]] for village in sections),
        *(["聊城"] * full.trunk_routes),
    ]
    ends = [
        *names[1 : full.county_warehouses + 1],
        *(towns[town] for town in routes),
        *(villages.village_names[village] for village in sections),
        *_HUBS[: full.trunk_routes],
    ]
    counts = [full.county_warehouses, len(routes), len(sections), full.trunk_routes]
    kind = np.repeat(np.arange(len(counts)), counts)
    start = int(months.first_day(months.month_of(full.begins)))
    end = int(months.first_day(months.month_of(scenario.window.end)))
    return Network(
        kind=kind,
        begins=begins,
        ends=ends,
        opened=rng.integers(start, end, len(kind)),
        trips=_spread(rng, full.trunk_trips, kind == TRUNK),
        items=_spread(rng, full.trunk_items, kind == TRUNK),
    )


def build_staff(scenario: Scenario, luck: Luck, villages: Villages, share: float) -> Staff:
    """Draw managers of townships, specialists of villages, and officers of every township."""
    full, rng = scenario.network, luck.shared("staff")
    towns = len(villages.township_names)
    codes = villages.village_codes
    first_village = np.searchsorted(villages.township_of, np.arange(towns))
    town_codes = [codes[village][:9] for village in first_village]
    managed = rng.permutation(towns)[: max(1, round(full.managers * share))]
    served = rng.permutation(len(codes))[: max(1, round(full.specialists * share))]
    officers = np.repeat(np.arange(towns), OFFICERS_PER_TOWNSHIP)
    counts = [len(managed), len(served), len(officers)]
    start = int(months.first_day(months.month_of(full.begins)))
    return Staff(
        role=np.repeat(np.arange(3), counts),
        place=[
            *(town_codes[town] for town in managed),
            *(codes[village] for village in served),
            *(town_codes[town] for town in officers),
        ],
        since=rng.integers(start, start + 900, sum(counts)),
    )


def _spread(rng: np.random.Generator, total: int, chosen: Bools) -> Ints:
    """Return whole numbers that sum to `total` over the `chosen` entries, 0 elsewhere."""
    weights = np.where(chosen, rng.uniform(0.6, 1.4, len(chosen)), 0.0)
    edges = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    return np.asarray(np.diff(edges, prepend=0))
