"""Pages of an officer's villages: what changed since the edition before, and who lives where."""

from __future__ import annotations

from typing import get_args

from starlette.responses import Response

from api.console.page import Page
from api.members.schemas import ChangesPage, FunnelShape
from model.decision.whitelist_changes import ChangeKind

_PAGE_SIZE = 30
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
        "villages.html", changes=changes, places=places, village=village, kind=kind, kinds=KINDS
    )
