"""Villages with real county codes, and invented townships and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Floats, Ints, running_number
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario

#: Code and name; arrays hold the position as the index of a county.
COUNTIES: tuple[tuple[str, str], ...] = (
    ("371502", "东昌府区"), ("371503", "茌平区"), ("371521", "阳谷县"), ("371522", "莘县"),
    ("371524", "东阿县"), ("371525", "冠县"), ("371526", "高唐县"), ("371581", "临清市"),
)  # fmt: skip
#: Latitude and longitude of each county's seat, roughly, in degrees.
_SEATS = (
    (36.45, 115.99), (36.58, 116.25), (36.11, 115.79), (36.24, 115.67),
    (36.33, 116.25), (36.48, 115.44), (36.87, 116.23), (36.84, 115.71),
)  # fmt: skip
#: Spread of a county's townships and of a township's villages around it, and the step of degrees.
_COUNTY_SPREAD, _TOWN_SPREAD, _DEGREE = 0.08, 0.015, 100_000
#: Dong'e, known for its donkeys.
DONKEY_COUNTY = 4
_VILLAGE_SHARE = (0.15, 0.12, 0.13, 0.15, 0.09, 0.13, 0.11, 0.12)
_FIRST = "清福兴永安和平泰宁丰广德顺瑞祥康长金玉石柳杨槐桑梅松竹荷兰"
_SECOND = "河桥堂店集营寨楼庙屯铺岭湾坡泉塘堤口沟渡"
_FAMILY = "张王李赵刘陈杨孙周吴郑冯卫蒋韩朱秦许何吕施孔曹严魏姜戚谢邹苏潘葛范彭鲁马"


@dataclass(frozen=True)
class Villages:
    """One entry per village: township (index), names, station, credit status, delivery.

    ``station_opened`` (of the first station) and ``credit_since`` are days since 1970-01-01, or
    NEVER. ``latitude`` and ``longitude`` are in hundred-thousandths of a degree.
    ``station_village`` and ``each_station_opened`` have one entry per station.
    """

    county_of_township: Ints
    township_names: Sequence[str]
    township_of: Ints
    village_codes: Sequence[str]
    village_names: Sequence[str]
    latitude: Ints
    longitude: Ints
    station_opened: Ints
    station_village: Ints
    each_station_opened: Ints
    credit_since: Ints
    delivery_days: Ints
    distance_tenths: Ints
    registered_on: Ints
    weight: Floats

    @property
    def county_of(self) -> Ints:
        """Return each village's county."""
        return self.county_of_township[self.township_of]


def build_villages(scenario: Scenario, luck: Luck, members: int, start: int, end: int) -> Villages:
    """Draw the villages for a number of members; stations open until the `end` month."""
    towns, villages, served, stations = _counts(scenario, members)
    rng = luck.shared("places")
    county = _spread(towns, _VILLAGE_SHARE)
    township_of = _villages_by_township(rng, county, villages)
    credit = rng.random(villages) < scenario.places.credit_villages
    within = months.first_day(start), months.last_day(end)
    station_village, opened = _stations(rng, scenario, (villages, served, stations), within)
    latitude, longitude = _positions(luck.shared("positions"), county, township_of)
    first_station = np.full(villages, NEVER)
    np.minimum.at(first_station, station_village, opened)
    return Villages(
        county_of_township=county,
        township_names=_township_names(rng, county),
        township_of=township_of,
        village_codes=_codes(county, township_of),
        village_names=_village_names(rng, township_of),
        latitude=latitude,
        longitude=longitude,
        station_opened=first_station,
        station_village=station_village,
        each_station_opened=opened,
        credit_since=np.where(credit, _days(rng, villages, within[0] - 1500, within[1]), NEVER),
        delivery_days=rng.choice(np.array([3, 5, 6, 7]), villages, p=[0.1, 0.25, 0.35, 0.3]),
        distance_tenths=np.rint(np.clip(rng.gamma(3.0, 18.0, villages), 3, 400)).astype(np.int64),
        registered_on=_days(rng, villages, within[0] - 2200, within[0] - 1600),
        weight=rng.lognormal(0.0, 0.45, villages),
    )


def _counts(scenario: Scenario, members: int) -> tuple[int, int, int, int]:
    """Return the numbers of townships, villages, villages with a station, and stations."""
    full, share = scenario.places, min(1.0, members / scenario.places.full_members)
    towns = max(len(COUNTIES), round(full.townships * share))
    villages = max(towns, round(full.villages * share))
    served = round(villages * full.villages_with_station / full.villages)
    return towns, villages, served, round(villages * full.stations / full.villages)


def _spread(total: int, shares: Sequence[float]) -> Ints:
    """Return the group of each of `total` items, by the shares of the groups, at least one each."""
    edges = np.rint(np.cumsum(shares) / np.sum(shares) * (total - len(shares))).astype(np.int64)
    sizes = np.diff(edges, prepend=0) + 1
    return np.repeat(np.arange(len(shares)), sizes)


def _villages_by_township(rng: np.random.Generator, county: Ints, villages: int) -> Ints:
    shares = rng.lognormal(0.0, 0.25, len(county))
    return _spread(villages, shares.tolist())


def _codes(county: Ints, township_of: Ints) -> list[str]:
    number_in_county = running_number(county)
    number_in_town = running_number(township_of)
    return [
        f"{COUNTIES[county[town]][0]}{100 + number_in_county[town]:03d}{200 + number:03d}"
        for town, number in zip(township_of, number_in_town, strict=True)
    ]


def _township_names(rng: np.random.Generator, county: Ints) -> list[str]:
    pairs = rng.permutation(len(_FIRST) * len(_SECOND))[: len(county)]
    return [f"{_FIRST[i // len(_SECOND)]}{_SECOND[i % len(_SECOND)]}镇" for i in pairs.tolist()]


def _village_names(rng: np.random.Generator, township_of: Ints) -> list[str]:
    """Return names from a family and a feature; a name occurs once in a township."""
    pairs = rng.permutation(len(_FAMILY) * len(_SECOND))
    number = (running_number(township_of) + 31 * township_of) % len(pairs)
    return [
        f"{_FAMILY[i // len(_SECOND)]}{_SECOND[i % len(_SECOND)]}村" for i in pairs[number].tolist()
    ]


def _positions(rng: np.random.Generator, county: Ints, township_of: Ints) -> tuple[Ints, Ints]:
    """Return latitude and longitude of each village: townships around the seat of their county."""
    town = np.array(_SEATS)[county] + rng.normal(0.0, _COUNTY_SPREAD, (len(county), 2))
    village = town[township_of] + rng.normal(0.0, _TOWN_SPREAD, (len(township_of), 2))
    latitude, longitude = np.rint(village * _DEGREE).astype(np.int64).T
    return latitude, longitude


def _stations(
    rng: np.random.Generator,
    scenario: Scenario,
    counts: tuple[int, int, int],
    within: tuple[Ints, Ints],
) -> tuple[Ints, Ints]:
    """Return village and opening day of each station; some villages have a second station."""
    villages, served, stations = counts
    chosen = rng.permutation(villages)[:served]
    village = np.concatenate([chosen, rng.choice(chosen, stations - served, replace=False)])
    early = rng.random(stations) < scenario.places.stations_at_start
    # The last stations open early enough to be recorded by the end.
    before = _days(rng, stations, within[0] - 900, within[0])
    later = _days(rng, stations, within[0], within[1] - 7)
    return village, np.where(early, before, later)


def _days(rng: np.random.Generator, size: int, low: int | Ints, high: int | Ints) -> Ints:
    return rng.integers(int(low), int(high), size)
