"""The page of the installation: what the examination found, worst first."""

from __future__ import annotations

from starlette.responses import Response

from api.console.page import Page
from api.operation.installation_routes import ExaminationShape

#: Worst first.
_LEVELS = ("unsafe", "note", "ok")


async def show_installation(page: Page) -> Response:
    """Show what was examined, what is unsafe first, and what to do."""
    found = await page.calls.read("get_examination", ExaminationShape)
    checks = sorted(found.checks, key=lambda each: _LEVELS.index(each.level))
    unsafe = sum(each.level == "unsafe" for each in checks)
    return page.show("installation.html", found=found, checks=checks, unsafe=unsafe)
