"""Records of plots: a row at sowing, and a later version with the yield after harvest."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import CROPS, NO_CROP, Floats, Ints
from data.simulator.economy.farming import MAIZE, SEASON_OF, WHEAT
from data.simulator.economy.state import State
from data.simulator.months import SECONDS_A_DAY
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, visible_at_end
from data.simulator.world.world import World
from model.archive.tables import season_start

#: By month of the year: the season sown, with the years until its label; the season reaped.
_SOWN = {10: ("S", 1), 6: ("A", 0), 1: ("G", 0)}
_REAPED = {6: "S", 10: "A", 7: "G"}
_HARVEST = {"S": 6, "A": 10, "G": 3}
_OWN, _LEASED = 0, 1
SEASONS = ("S", "A", "G")


def season_code(season: str, year: int) -> int:
    """Return the position of a season in `season_words`."""
    return (year - 2000) * len(SEASONS) + SEASONS.index(season)


def season_words() -> list[str]:
    """Return the seasons of this century: ``2000-S``, ``2000-A``, ``2000-G`` and so on."""
    return [f"{year}-{season}" for year in range(2000, 2100) for season in SEASONS]


def record_plots(world: World, state: State, month: int) -> list[Frame]:
    """Return the plots recorded in `month`: yields of the season before, then sowings."""
    of_year, year, rows = months.month_of_year(month), months.year_of(month), list[Frame]()
    reaped = _REAPED.get(of_year)
    if reaped and began(reaped, year) >= world.start:
        rows.append(_yields(world, state, reaped, year, month))
    if of_year in _SOWN:
        season, ahead = _SOWN[of_year]
        rows.append(_sowings(world, season, year + ahead, month))
    return [visible_at_end(world, frame) for frame in rows]


def began(season: str, year: int) -> int:
    """Return the month in which a season is sown."""
    return months.month_of(f"{season_start(f'{year}-{season}'):%Y-%m}")


def _sowings(world: World, season: str, year: int, month: int) -> Frame:
    rows = _registered(world, season, year)
    rng = world.luck.shared(f"record sowing {season}", month)
    late = rng.random(len(rows)) < world.scenario.records.late
    day = rng.integers(4, 27, len(rows)) + np.where(late, rng.integers(20, 80, len(rows)), 0)
    first = rows.replaced(recorded_at=evening_times(rng, months.first_day(month) + day))
    # A wrong area is corrected within weeks.
    wrong = rng.random(len(rows)) < world.scenario.records.corrected
    area = np.where(wrong, rows.columns["area_mu"] * 2, rows.columns["area_mu"])
    corrected = first.replaced(recorded_at=first.columns["recorded_at"] + 20 * SECONDS_A_DAY)
    return concat([first.replaced(area_mu=area), corrected.take(wrong)])


def _yields(world: World, state: State, season: str, year: int, month: int) -> Frame:
    rule, rows = world.scenario.records, _registered(world, season, year)
    rng = world.luck.shared(f"record yield {season}", month)
    reported = rng.random(len(rows)) < rule.yield_reported
    late = np.where(rng.random(len(rows)) < rule.late, 45, 0)
    known = evening_times(rng, months.first_day(month) + rng.integers(8, 30, len(rows)) + late)
    weighed = _reaped(world, state, rows) * rng.normal(1.0, 0.02, len(rows))
    tenths = np.rint(np.clip(weighed, 1.0, 19000.0) * 10).astype(np.int64)
    return rows.replaced(yield_kg_per_mu=tenths, recorded_at=known).take(reported)


def _reaped(world: World, state: State, rows: Frame) -> Floats:
    home, crop = world.people.household[rows.columns["member_id"]], rows.columns["crop"]
    return np.select(
        [crop == WHEAT, crop == MAIZE], [state.wheat[home], state.maize[home]], state.special[home]
    )


def _registered(world: World, season: str, year: int) -> Frame:
    """Return the registered plots of the season, without yields."""
    code = season_code(season, year)
    homes_on_file = _registered_homes(world)
    parts = [
        _plots(world, homes_on_file, crop, area, tenure, code)
        for crop, area, tenure in _land_of(world, season)
    ]
    rows = concat(parts)
    joined = world.people.joined[rows.columns["member_id"]]
    return rows.take(joined <= months.last_day(began(season, year)))


def _land_of(world: World, season: str) -> list[tuple[Ints, Floats, int]]:
    homes, number = world.homes, len(world.homes)
    land: list[tuple[Ints, Floats, int]] = []
    for crop in (WHEAT, MAIZE):
        if SEASON_OF[CROPS[crop]] == season:
            grown = np.full(number, crop)
            land += [(grown, homes.own_mu, _OWN), (grown, homes.leased_mu, _LEASED)]
    in_season = np.array([SEASON_OF[crop] == season for crop in CROPS])
    special = (homes.special != NO_CROP) & in_season[homes.special]
    return [*land, (homes.special, np.where(special, homes.special_mu, 0.0), _OWN)]


def _plots(
    world: World, homes_on_file: Ints, crop: Ints, area: Floats, tenure: int, code: int
) -> Frame:
    home = homes_on_file[area[homes_on_file] >= 0.1]
    number, year = len(home), code // len(SEASONS) + 2000
    homes, leased = world.homes, tenure == _LEASED
    lease_end = int(months.first_day(months.month_of(f"{year}-10"))) + 365 * (home % 4)
    return Frame(
        {
            "member_id": world.people.principal_of[home],
            "season": np.full(number, code),
            "crop": crop[home],
            "area_mu": np.rint(area[home] * 100).astype(np.int64),
            "tenure": np.full(number, tenure),
            "lease_end": blank_where(lease_end, np.full(number, not leased)),
            "demonstration": _is_demonstration(world, home, code),
            "trusteeship": homes.trusteeship[home].astype(np.int64),
            "yield_kg_per_mu": np.full(number, NULL),
            "insured": homes.insured[home].astype(np.int64),
        }
    )


def _registered_homes(world: World) -> Ints:
    drawn = world.luck.shared("plots on file").random(len(world.homes))
    return np.flatnonzero(drawn < world.scenario.records.plots_registered)


def _is_demonstration(world: World, home: Ints, code: int) -> Ints:
    """Return 1 where the plots of a season are demonstration plots by its harvest."""
    year, season = code // len(SEASONS) + 2000, SEASONS[code % len(SEASONS)]
    harvest = months.month_of(f"{year}-{_HARVEST[season]:02d}")
    return (world.homes.demonstration_since[home] < harvest).astype(np.int64)
