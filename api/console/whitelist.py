"""The page of a list behind a count: the members of a place, of one tier or all."""

from __future__ import annotations

from starlette.responses import Response

from api.console.page import Page
from api.members.schemas import WhitelistPage

_ROWS = 50
FILTERS = ("tier", "county", "township", "village")


async def show_whitelist(page: Page) -> Response:
    """Show the members of the caller's places by village."""
    filters = {name: page.asked(name) for name in FILTERS}
    members = await page.calls.read(
        "get_whitelist", WhitelistPage, **filters, cursor=page.asked("cursor"), page_size=_ROWS
    )
    asked = {name: text for name, text in filters.items() if text}
    template = "whitelist_rows.html" if page.is_partial else "whitelist.html"
    return page.show(template, members=members, asked=asked)
