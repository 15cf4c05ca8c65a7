"""What the forms of consent do: record that a member gave consent, or withdrew it."""

from __future__ import annotations

from starlette.responses import Response

from api.consent.schemas import ConsentSet
from api.console.page import Page


async def give(page: Page) -> Response:
    """Record consent to all that a decision needs."""
    return await _record(page, "post_consent")


async def withdraw(page: Page) -> Response:
    """Record a withdrawal."""
    return await _record(page, "post_consent_withdrawal")


async def _record(page: Page, route: str) -> Response:
    member_id = page.named("member_id")
    body = {"evidence": page.filled("evidence")}
    await page.calls.post(route, ConsentSet, body, key=page.sent_key, member_id=member_id)
    return page.go(f"/console/members/{member_id}#consent")
