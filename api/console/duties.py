"""The page of duties apart: the matrix of pairs, who may do the halves, and what to know."""

from __future__ import annotations

from starlette.responses import Response

from api.access.duty_routes import DutiesShape
from api.console.page import Page


async def show_duties(page: Page) -> Response:
    """Show which duties are kept apart on one case and which accounts do them together."""
    found = await page.calls.read("get_duties", DutiesShape)
    apart = {
        pair for each in found.pairs for pair in ((each.one, each.other), (each.other, each.one))
    }
    return page.show(
        "duties.html",
        found=found,
        apart=apart,
        text_of={each.duty: each.text for each in found.duties},
    )
