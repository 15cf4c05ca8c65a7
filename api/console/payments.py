"""What the forms of payments do: pay out, cancel, repay, confirm what another proposed."""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import StateShape
from api.console.calls import RefusedError
from api.console.forms import whole_number
from api.console.page import Page

_ANCHOR = "#payments"
#: Fields of a repayment, as its form calls them.
_FIELDS = {"amount_yuan": "repaid_yuan"}


async def pay(page: Page) -> Response:
    """Pay out on the decision, or propose it where two people must agree."""
    body = {"amount_yuan": whole_number(page.filled("amount_yuan"))}
    await _send(page, "post_disbursement", body)
    return _back(page)


async def cancel(page: Page) -> Response:
    """Cancel a payment, or propose it where two people must agree."""
    await _send(page, "post_disbursement_cancellation", None, number=page.named("number"))
    return _back(page)


async def repay(page: Page) -> Response:
    """Record that principal of a payment was repaid."""
    body = {
        "amount_yuan": whole_number(page.filled("repaid_yuan")),
        "repaid_on": page.filled("repaid_on"),
    }
    try:
        await _send(page, "post_repayment", body, number=page.named("number"))
    except RefusedError as refusal:
        # The payment's own form asks for an amount too; each says what is wrong with its own.
        for each in refusal.problem.errors:
            each.field = _FIELDS.get(each.field, each.field)
        raise
    return _back(page)


async def cancel_repayment(page: Page) -> Response:
    """Record that a repayment did not take place."""
    values = {name: page.named(name) for name in ("number", "repayment")}
    await _send(page, "post_repayment_cancellation", None, **values)
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
