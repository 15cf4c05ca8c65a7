"""Pages of an officer's villages: what changed since the edition before, and who lives where."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import get_args

from starlette.responses import Response

from api.console.page import Page
from api.members.schemas import ChangesPage, FunnelRow, FunnelShape
from model.decision.whitelist_changes import ChangeKind

_PAGE_SIZE = 30
#: Digits of a township's code.
_TOWNSHIP = 9
KINDS: tuple[str, ...] = get_args(ChangeKind)


async def show_villages(page: Page) -> Response:
    """Show who entered, left or moved tier in the caller's places."""
    village, kind, cursor = (page.asked(name) for name in ("village", "change", "cursor"))
    changes = await page.calls.read(
        "get_whitelist_changes",
        ChangesPage,
        village=village,
        change=kind,
        cursor=cursor,
        page_size=_PAGE_SIZE,
    )
    if page.is_partial:
        return page.show("villages_rows.html", changes=changes, village=village, kind=kind)
    places = await page.calls.read("get_funnel", FunnelShape, level="village")
    return page.show(
        "villages.html",
        changes=changes,
        townships=_townships(places.rows),
        village=village,
        kind=kind,
        kinds=KINDS,
    )


def _townships(villages: Iterable[FunnelRow]) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Return each township's name with its villages, in the order of codes: code and label.

    A reader of all places has thousands of villages, so the template writes two texts for each.
    """
    found = []
    for _, rows in groupby(villages, key=lambda row: row.place_code[:_TOWNSHIP]):
        inside = list(rows)
        labels = [(r.place_code, f"{r.village or r.place_code}（{r.members}）") for r in inside]
        found.append((inside[0].township, labels))
    return found
