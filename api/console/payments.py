"""What the forms of payments do: pay out, cancel, confirm what another person proposed."""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import StateShape
from api.console.forms import whole_number
from api.console.page import Page

_ANCHOR = "#payments"


async def pay(page: Page) -> Response:
    """Pay out on the decision, or propose it where two people must agree."""
    body = {"amount_yuan": whole_number(page.filled("amount_yuan"))}
    await _send(page, "post_disbursement", body)
    return _back(page)


async def cancel(page: Page) -> Response:
    """Cancel a payment, or propose it where two people must agree."""
    await _send(page, "post_disbursement_cancellation", None, number=page.named("number"))
    return _back(page)


async def confirm(page: Page) -> Response:
    """Let a payment or a cancellation that another person proposed take place."""
    await _send(page, "post_confirmation", None, proposal_id=page.named("proposal_id"))
    return _back(page)


async def _send(
    page: Page, route: str, body: dict[str, int | str] | None, **values: str
) -> StateShape:
    decision_id = page.named("decision_id")
    return await page.calls.post(
        route, StateShape, body, key=page.sent_key, decision_id=decision_id, **values
    )


def _back(page: Page) -> Response:
    return page.go(f"/console/decisions/{page.named('decision_id')}{_ANCHOR}")
