"""The page of the access record: who looked at whose data, and what happened to accounts."""

from __future__ import annotations

from starlette.responses import Response

from api.access.schemas import AccessPage
from api.console.page import Page

_ROWS = 50
FILTERS = ("actor", "member_id", "since", "until")


async def show_accesses(page: Page) -> Response:
    """Show the access record of the caller's places, latest first."""
    filters = {name: page.asked(name) for name in FILTERS}
    record = await page.calls.read(
        "get_accesses", AccessPage, **filters, cursor=page.asked("cursor"), page_size=_ROWS
    )
    template = "accesses_rows.html" if page.is_partial else "accesses.html"
    asked = {name: text for name, text in filters.items() if text}
    return page.show(template, record=record, asked=asked)
