"""A picture by place: tiles of equal size, ordered as on the map and shaded by one figure.

The order needs no map: places are sorted by latitude into rows, the northernmost first, and within
a row by longitude, the westernmost first. Two places of one row or column may
lie apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal, get_args

from api.members.schemas import FunnelRow
from api.portfolio.borrower import BANDS
from api.portfolio.schemas import QualityRow

Figure = Literal["first", "disbursed", "overdue"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
#: A fifth of a phone still holds a village's name.
_MOST_COLUMNS = 5
SHADES = 5
_PAST_DUE = tuple(f"{band}_yuan" for band in BANDS if band != "current")


@dataclass(frozen=True)
class Value:
    """The figure of a place: a share of one or yuan; hidden for few persons, or nothing to tell."""

    number: float | None
    is_hidden: bool = False


@dataclass(frozen=True)
class Tile:
    """One place: its row of the funnel, its figures, and the shade of the chosen one from 0."""

    row: FunnelRow
    values: Mapping[Figure, Value]
    shade: int | None


@dataclass(frozen=True)
class TileMap:
    """The tiles, row by row from the north-west; None is a gap.

    Attributes
    ----------
    steps : list of (float, float)
        The least and the most of each shade that is used; empty without a figure.
    unplaced : int
        Places without a position, which follow at the end in the order of their codes.
    """

    figure: Figure
    columns: int
    cells: list[Tile | None]
    steps: list[tuple[float, float]]
    unplaced: int

    @property
    def tiles(self) -> list[Tile]:
        """The tiles without the gaps."""
        return [cell for cell in self.cells if cell is not None]


def tile_map(places: Sequence[FunnelRow], quality: Sequence[QualityRow], figure: Figure) -> TileMap:
    """Return the tiles of `places`, shaded by `figure`."""
    by_code = {row.place_code: row for row in quality}
    values = {row.place_code: _values(row, by_code.get(row.place_code)) for row in places}
    known = [n for each in values.values() if (n := each[figure].number) is not None]
    shade, steps = _shading(known)

    def tile(row: FunnelRow) -> Tile:
        mine = values[row.place_code]
        number = mine[figure].number
        return Tile(row, mine, None if number is None else shade(number))

    columns = min(_MOST_COLUMNS, max(ceil(sqrt(len(places))), 1))
    placed = [row for row in places if _is_placed(row)]
    others = sorted((row for row in places if not _is_placed(row)), key=lambda row: row.place_code)
    lines = [*_lines(placed, columns), *_cut(others, columns)]
    spread = [row for line in lines for row in _spread(line, columns)]
    cells = [None if row is None else tile(row) for row in spread]
    return TileMap(figure, columns, cells, steps, len(others))


def _is_placed(row: FunnelRow) -> bool:
    return row.latitude is not None and row.longitude is not None


def _lines(placed: Sequence[FunnelRow], columns: int) -> list[list[FunnelRow]]:
    """Return the rows of tiles, north to south, each from west to east."""
    north_first = sorted(placed, key=lambda row: (-(row.latitude or 0), row.place_code))
    lines = _cut(north_first, columns)
    return [sorted(line, key=lambda row: (row.longitude or 0, row.place_code)) for line in lines]


def _cut(rows: Sequence[FunnelRow], columns: int) -> list[list[FunnelRow]]:
    """Return `rows` in as few lines as hold them, as long as one another or one longer."""
    number = ceil(len(rows) / columns)
    ends = [len(rows) * (line + 1) // number for line in range(number)]
    return [list(rows[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _spread(line: Sequence[FunnelRow], columns: int) -> list[FunnelRow | None]:
    """Return a line with its gaps, so that a short one also reaches from west to east."""
    cells: list[FunnelRow | None] = [None] * columns
    for number, row in enumerate(line):
        cells[(2 * number + 1) * columns // (2 * len(line))] = row
    return cells


def _shading(
    known: Sequence[float],
) -> tuple[Callable[[float], int], list[tuple[float, float]]]:
    """Return the shade of a number, in equal steps from the least to the most, and the steps."""
    if not known:
        return (lambda _: 0), []
    low, high = min(known), max(known)
    if low == high:
        return (lambda _: 0), [(low, high)]
    step = (high - low) / SHADES
    steps = [(low + step * each, low + step * (each + 1)) for each in range(SHADES)]
    return (lambda number: min(int((number - low) / step), SHADES - 1)), steps


def _values(row: FunnelRow, quality: QualityRow | None) -> dict[Figure, Value]:
    return {
        "first": _share(row.first, row.members),
        "disbursed": Value(row.disbursed_yuan, row.disbursed_yuan is None),
        "overdue": _overdue(quality),
    }


def _overdue(quality: QualityRow | None) -> Value:
    """Return the share of the principal outstanding that is past due; nothing without any."""
    if quality is None:
        return Value(None)
    amounts: list[int | None] = [getattr(quality, name) for name in _PAST_DUE]
    past_due = None if None in amounts else sum(each or 0 for each in amounts)
    return _share(past_due, quality.outstanding_yuan)


def _share(part: int | None, whole: int | None) -> Value:
    if part is None or whole is None:
        return Value(None, is_hidden=True)
    return Value(part / whole) if whole else Value(None)
