"""Tiles by place: in the order of the map, no two in one cell, shaded by the number."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.console.tiles import SHADES, Tile, tile_map
from api.members.schemas import FunnelRow

#: Latitude and longitude of eight seats, as they lie: three rows, north to south.
SEATS = {
    "371526": (36.87, 116.23), "371581": (36.84, 115.71), "371503": (36.58, 116.25),
    "371525": (36.48, 115.44), "371502": (36.45, 115.99), "371524": (36.33, 116.25),
    "371522": (36.24, 115.67), "371521": (36.11, 115.79),
}  # fmt: skip
COUNTS = ("members", "consenting", "eligible", "first", "second", "third", "none", "applied",
          "borrowers", "disbursed_yuan", "disbursed_this_year_yuan")  # fmt: skip


def row(code: str, at: tuple[float, float] | None, **counts: int | None) -> FunnelRow:
    latitude, longitude = at or (None, None)
    every: dict[str, Any] = dict.fromkeys(COUNTS, 100) | {"first": 20} | counts
    names = dict.fromkeys(("county", "township", "village"), code)
    return FunnelRow(place_code=code, **names, **every, latitude=latitude, longitude=longitude)


def codes(cells: list[Tile | None]) -> list[str | None]:
    return [cell and cell.row.place_code for cell in cells]


def test_eight_counties_stand_as_on_the_map() -> None:
    picture = tile_map([row(code, at) for code, at in sorted(SEATS.items())], [], "first")
    assert picture.columns == 3
    assert codes(picture.cells) == [
        "371581", None, "371526",
        "371525", "371502", "371503",
        "371522", "371521", "371524",
    ]  # fmt: skip
    assert picture.unplaced == 0


@given(
    st.dictionaries(
        st.integers(0, 10**6),
        st.none() | st.tuples(st.floats(34, 38), st.floats(114, 118)),
        max_size=40,
    )
)
def test_every_place_has_a_cell_of_its_own_in_the_order_of_the_compass(
    places: dict[int, tuple[float, float] | None],
) -> None:
    rows = [row(f"{number:012d}", at) for number, at in places.items()]
    picture = tile_map(rows, [], "first")
    tiles = picture.tiles
    assert sorted(tile.row.place_code for tile in tiles) == sorted(r.place_code for r in rows)
    assert len(picture.cells) % picture.columns == 0
    assert picture.unplaced == sum(at is None for at in places.values())
    known = len(tiles) - picture.unplaced
    assert all(tile.row.latitude is None for tile in tiles[known:])
    lines = [
        [c for c in picture.cells[n : n + picture.columns] if c and c.row.latitude is not None]
        for n in range(0, len(picture.cells), picture.columns)
    ]
    for upper, lower in pairwise(lines):
        if upper and lower:
            assert min(c.row.latitude for c in upper) >= max(c.row.latitude for c in lower)
    for line in lines:
        east = [cell.row.longitude for cell in line]
        assert east == sorted(east)
    assert codes(tile_map(rows[::-1], [], "first").cells) == codes(picture.cells)


def test_shades_rise_with_the_figure_and_few_persons_have_none() -> None:
    places = [row(str(n), (36.0, 115.0 + n), first=n * 10) for n in range(1, 6)]
    hidden = row("9", (36.0, 116.5), first=None)
    picture = tile_map([*places, hidden], [], "first")
    shades = {tile.row.place_code: tile.shade for tile in picture.tiles}
    assert [shades[str(n)] for n in range(1, 6)] == list(range(SHADES))
    assert shades["9"] is None
    (tile,) = [each for each in picture.tiles if each.row.place_code == "9"]
    assert tile.values["first"].is_hidden
    assert tile.values["overdue"].number is None
    assert not tile.values["overdue"].is_hidden, "nothing was paid out there"
    assert [round(low, 2) for low, _ in picture.steps] == [0.1, 0.18, 0.26, 0.34, 0.42]
