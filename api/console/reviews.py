"""Pages of reviews: the queue, and what the forms of a review do."""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import StateShape
from api.console.forms import given, whole_number
from api.console.page import Page
from api.reviews.schemas import ReviewsPage

_PAGE_SIZE = 30


async def show_reviews(page: Page) -> Response:
    """Show the open cases of the caller's places, longest wait first."""
    queue = await page.calls.read(
        "list_reviews", ReviewsPage, cursor=page.asked("cursor"), page_size=_PAGE_SIZE
    )
    template = "reviews_rows.html" if page.is_partial else "reviews.html"
    return page.show(template, queue=queue)


async def request_review(page: Page) -> Response:
    """Ask, in the member's name, that a person reviews a decline."""
    statement = given(page.fields, "statement")
    return await _send(page, "post_review_request", statement, "review-requested")


async def claim(page: Page) -> Response:
    """Take the case."""
    return await _send(page, "post_review_claim", None, "claimed")


async def release(page: Page) -> Response:
    """Give the case back."""
    return await _send(page, "post_review_release", None, "released")


async def give_verdict(page: Page) -> Response:
    """Decide the case with a reason and a note."""
    verdict = page.filled("verdict")
    ruling: dict[str, int | str] = {
        "verdict": verdict,
        "reason_code": page.filled("reason_code"),
        "note": page.filled("note"),
    }
    if verdict == "APPROVE":
        ruling["amount_yuan"] = whole_number(page.filled("amount_yuan"))
    return await _send(page, "post_review_verdict", ruling, "verdict-given")


async def _send(
    page: Page, route: str, body: dict[str, int | str] | dict[str, str] | None, done: str
) -> Response:
    decision_id = page.named("decision_id")
    state = await page.calls.post(
        route, StateShape, body, key=page.sent_key, decision_id=decision_id
    )
    if done == "verdict-given" and state.status == "WAITING_FOR_SECOND":
        done = "second-needed"
    return page.go(f"/console/decisions/{decision_id}", done=done)
