"""Differences between the bank's books and the ledger: the list, and the form that settles one."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode

from starlette.responses import Response

from api.console.forms import whole_number
from api.console.page import Page
from api.members.schemas import FunnelShape
from api.reconciliation.schemas import BookDifferencesPage, SettlementRecorded
from model.reconciliation.comparison import Side

PATH = "/console/differences"
SIDES: tuple[Side, ...] = get_args(Side)
_PAGE_SIZE = 20
_FILTERS = ("township", "settled")


async def show_differences(page: Page) -> Response:
    """Show the open differences of a place, or those that a person settled."""
    asked = _asked(page)
    found = await page.calls.read(
        "list_differences",
        BookDifferencesPage,
        **asked,
        cursor=page.asked("cursor"),
        page_size=_PAGE_SIZE,
    )
    places = await page.calls.read("get_funnel", FunnelShape, level="township")
    names = {row.place_code: f"{row.county or ''} {row.township or ''}" for row in places.rows}
    return page.show(
        "differences.html",
        found=found,
        asked=asked,
        places=places.rows,
        names=names,
        sides=SIDES,
        query=urlencode(asked | _cursor(page)),
    )


async def settle(page: Page) -> Response:
    """Settle a difference: whose figure holds, for the two figures that the form showed."""
    body = {
        "side": page.filled("side"),
        "bank_yuan": whole_number(page.filled("bank_yuan")),
        "ledger_yuan": whole_number(page.filled("ledger_yuan")),
        "note": page.filled("note"),
    }
    await page.calls.post(
        "post_settlement",
        SettlementRecorded,
        body,
        key=page.sent_key,
        member_id=page.named("member_id"),
        difference_id=page.named("difference_id"),
    )
    query = urlencode(_asked(page))
    return page.go(f"{PATH}?{query}" if query else PATH)


def _asked(page: Page) -> dict[str, str]:
    """Return the filters of the list, which the address of its forms carries too."""
    return {name: text for name in _FILTERS if (text := page.asked(name))}


def _cursor(page: Page) -> dict[str, str]:
    cursor = page.asked("cursor")
    return {"cursor": cursor} if cursor else {}
