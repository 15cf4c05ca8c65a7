"""The page of the ledger's verification: how the last one stands, its findings, another one."""

from __future__ import annotations

from starlette.responses import Response

from api.console.page import Page
from api.verify.routes import VerificationShape

#: Counts of what was verified, in the order of the page.
COUNTS = ("entries", "checkpoints", "outside_lines", "answers", "identities", "looks", "accounts")


async def show_ledger(page: Page) -> Response:
    """Show the last verification; while one runs, a script asks for this part of the page again."""
    found = await page.calls.read("get_ledger_verification", VerificationShape)
    return page.show(
        "ledger_state.html" if page.is_partial else "ledger.html", found=found, counts=COUNTS
    )


async def verify(page: Page) -> Response:
    """Begin a verification, unless one runs."""
    await page.calls.post("post_ledger_verification", VerificationShape)
    return page.go("/console/ledger")
