"""What the forms of payments do: pay out, cancel, repay, confirm or withdraw what is proposed."""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import DecisionWithHistory, StateShape
from api.console.calls import RefusedError
from api.console.decisions import show_decision
from api.console.forms import whole_number, whole_yuan
from api.console.page import Page
from api.console.problems import ConsoleError, Notice
from model.profile.dictionary import Text

#: A confirmation has no amount that could be lowered.
_MORE_THAN_IS_LEFT = Notice(
    Text("超过现在的可放款余额", "It is more than what is left now"),
    Text(
        "请撤回这笔待确认的放款，再按余额重新提出。",
        "Withdraw this proposal, and propose what is left.",
    ),
    409,
)
_ANCHOR = "#payments"


async def pay(page: Page) -> Response:
    """Pay out on the decision, or propose it where two people must agree.

    The form is shown once more with what it comes to; the second press carries it out.
    """
    amount = whole_number(page.filled("amount_yuan"))
    if page.filled("checked") != "yes":
        return await _ask_once_more(page, amount)
    state = await _send(page, "post_disbursement", {"amount_yuan": amount})
    is_proposed = any(
        (each.cancels_number, each.amount_yuan, each.proposed_by) == (None, amount, page.account)
        for each in state.awaiting_confirmation
    )
    return _back(page, "payment-proposed" if is_proposed else "paid")


async def _ask_once_more(page: Page, amount: int | str) -> Response:
    decision = await page.calls.read(
        "get_decision", DecisionWithHistory, decision_id=page.named("decision_id")
    )
    if not isinstance(amount, int) or not 1 <= amount <= decision.left_yuan:
        page.refuse_field("amount_yuan", whole_yuan(decision.left_yuan))
        return await show_decision(page)
    return page.show("payment.html", decision=decision, amount=amount)


async def cancel(page: Page) -> Response:
    """Cancel a payment, or propose it where two people must agree."""
    number = page.named("number")
    state = await _send(page, "post_disbursement_cancellation", None, number=number)
    is_proposed = any(str(each.cancels_number) == number for each in state.awaiting_confirmation)
    return _back(page, "cancellation-proposed" if is_proposed else "cancelled")


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
        if refusal.kind == "above-outstanding" or any(
            each.field == "amount_yuan" for each in refusal.problem.errors
        ):
            page.refuse_field("repaid_yuan", whole_yuan(await _outstanding(page)))
            return await show_decision(page)
        raise
    return _back(page, "repaid")


async def _outstanding(page: Page) -> int:
    """Return the principal of the payment of the page's path that is outstanding."""
    decision = await page.calls.read(
        "get_decision", DecisionWithHistory, decision_id=page.named("decision_id")
    )
    number = page.named("number")
    found = (each for each in decision.disbursements if str(each.number) == number)
    return next(found).outstanding_yuan or 0


async def cancel_repayment(page: Page) -> Response:
    """Record that a repayment did not take place."""
    values = {name: page.named(name) for name in ("number", "repayment")}
    await _send(page, "post_repayment_cancellation", None, **values)
    return _back(page, "repayment-cancelled")


async def confirm(page: Page) -> Response:
    """Let a payment or a cancellation that another person proposed take place."""
    try:
        await _send(page, "post_confirmation", None, proposal_id=page.named("proposal_id"))
    except RefusedError as refusal:
        if refusal.kind == "above-approved":
            raise ConsoleError(_MORE_THAN_IS_LEFT) from refusal
        raise
    return _back(page, "confirmed")


async def withdraw(page: Page) -> Response:
    """Take back a proposal that nobody has confirmed."""
    await _send(page, "post_proposal_withdrawal", None, proposal_id=page.named("proposal_id"))
    return _back(page, "proposal-withdrawn")


async def _send(
    page: Page, route: str, body: dict[str, int | str] | None, **values: str
) -> StateShape:
    decision_id = page.named("decision_id")
    return await page.calls.post(
        route, StateShape, body, key=page.sent_key, decision_id=decision_id, **values
    )


def _back(page: Page, done: str) -> Response:
    return page.go(f"/console/decisions/{page.named('decision_id')}{_ANCHOR}", done=done)
