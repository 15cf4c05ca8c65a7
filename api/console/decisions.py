"""Pages of a decision: the answer on one screen, what became of it, and the member's notice."""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.console.page import Page


async def show_decision(page: Page) -> Response:
    """Show a decision: answer, reasons, what would help, and every event since."""
    decision_id = page.named("decision_id")
    decision = await page.calls.read("get_decision", DecisionWithHistory, decision_id=decision_id)
    explanation = await page.calls.read(
        "get_explanation", ExplanationShape, decision_id=decision_id, lang=page.session.language
    )
    return page.show("decision.html", decision=decision, explanation=explanation)


async def show_notice(page: Page) -> Response:
    """Show the notice that the member takes home: always in Chinese, on one page of paper."""
    decision_id = page.named("decision_id")
    decision = await page.calls.read("get_decision", DecisionWithHistory, decision_id=decision_id)
    explanation = await page.calls.read(
        "get_explanation", ExplanationShape, decision_id=decision_id, lang="zh"
    )
    return page.show("notice.html", decision=decision, explanation=explanation)
