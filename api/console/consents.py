"""What the forms of consent do: record that a member gave consent, or withdrew it."""

from __future__ import annotations

from starlette.responses import Response

from api.consent.schemas import ConsentSet
from api.console.page import Page


async def give(page: Page) -> Response:
    """Record consent to all that a decision needs."""
    return page.go(await record_consent(page, page.named("member_id")), done="consent-given")


async def withdraw(page: Page) -> Response:
    """Record a withdrawal."""
    path = await _record(page, "post_consent_withdrawal", page.named("member_id"))
    return page.go(path, done="consent-withdrawn")


async def record_consent(page: Page, member_id: str) -> str:
    """Record consent to all that a decision needs; return where it is read."""
    return await _record(page, "post_consent", member_id)


async def _record(page: Page, route: str, member_id: str) -> str:
    body = {"evidence": page.filled("evidence")}
    await page.calls.post(route, ConsentSet, body, key=page.sent_key, member_id=member_id)
    return f"/console/members/{member_id}#consent"
