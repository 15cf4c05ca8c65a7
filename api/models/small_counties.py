"""Counts by county of a comparison, small ones hidden from who may not see the persons."""

from __future__ import annotations

from api.editions.small_cells import Layout, small_cells
from api.models.watch_schemas import SwapCounty, SwapSetContent

_COUNTS = tuple(name for name in SwapCounty.model_fields if name != "place")
_LAYOUT = Layout(counts=_COUNTS)


def with_hidden_counties(content: SwapSetContent, smallest: int | None) -> SwapSetContent:
    """Return `content` without counts below `smallest`; None hides nothing.

    The total of each column is told elsewhere, so a second cell is hidden where it would follow.
    """
    if smallest is None:
        return content
    cells = {
        each.place: {name: int(getattr(each, name) or 0) for name in _COUNTS}
        for each in content.counties
    }
    total = {name: sum(row[name] for row in cells.values()) for name in _COUNTS}
    found = small_cells({**cells, "": total}, _LAYOUT, smallest, told=("",))
    counties = [SwapCounty(place=p, **found.shown(p, row)) for p, row in cells.items()]
    return content.model_copy(update={"counties": counties})
