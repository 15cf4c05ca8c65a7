"""Pages of a decision: the answer on one screen, and what became of it."""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import BaseModel
from starlette.responses import Response

from api.access.dependencies import UUID
from api.cases.schemas import (
    DecisionsPage,
    DecisionWithHistory,
    ExplanationShape,
    ReplayShape,
)
from api.cases.state import APPROVING
from api.console.calls import RefusedError
from api.console.forms import given
from api.console.page import Page
from api.console.pictures import points_bars
from api.console.problems import ConsoleError, Notice
from api.console.session import Language
from api.decisions.schemas import Outcome
from api.editions.in_use import today_in_china
from api.members.schemas import SearchPage
from model.card.reason_table import MISSING, code_of, codes_of
from model.profile.dictionary import Text

_ROWS = 30
FILTERS = (
    "outcome", "actor", "member_id", "county", "township", "village", "since", "until",
    "counted_as",
)  # fmt: skip
#: What is known of a person whose decisions are looked for.
PERSON = ("name", "phone", "id_number", "village")
_NOTHING_GIVEN = Notice(
    Text("请至少填写一项", "Fill in at least one field"),
    Text(
        "姓名、手机号、身份证号、村名或决策编号。",
        "A name, a phone number, an id number, a village, or the number of a decision.",
    ),
)
_NO_NUMBER = Notice(
    Text("这不是决策编号", "This is no number of a decision"),
    Text(
        "决策编号印在决策页和告知书上，共 36 位。",
        "It stands on the page of the decision and on the notice, and has 36 characters.",
    ),
)
#: States in which a reviewer may take a case.
_CLAIMABLE = ("WAITING", "WAITING_FOR_SECOND")


class _Policy(BaseModel):
    """What the page of a review reads of the policy."""

    in_force: dict[str, Any]


async def show_decision(page: Page) -> Response:
    """Show a decision: answer, reasons, what would help, what may be done, every event since."""
    decision = await read_decision(page)
    told = await read_explanation(page, page.session.language)
    is_mine = decision.claimed_by == page.account and page.may("post_review_verdict")
    policy = await _policy(page) if is_mine else None
    return page.show(
        "decision.html",
        decision=decision,
        told=told,
        bars=points_bars(told.counted) if told else [],
        may_pay=page.may("post_disbursement") and decision.status in APPROVING,
        may_claim=page.may("post_review_claim") and decision.status in _CLAIMABLE,
        kept={each.duty: each.because for each in decision.kept_from},
        is_mine=is_mine,
        today=today_in_china(),
        review_reasons=policy["review_reasons"]["value"] if policy else [],
        most_yuan=min(decision.asked_yuan, policy["numbers"]["product_cap_yuan"]["value"])
        if policy
        else 0,
    )


async def show_decisions(page: Page, found: SearchPage | None = None) -> Response:
    """Show the decisions of the caller's places, latest first; an officer's own.

    Parameters
    ----------
    found
        The people whom a search found, with a way to the decisions of each.
    """
    filters = {name: page.asked(name) for name in FILTERS}
    decisions = await page.calls.read(
        "list_decisions", DecisionsPage, **filters, cursor=page.asked("cursor"), page_size=_ROWS
    )
    template = "decisions_rows.html" if page.is_partial else "decisions.html"
    asked = {name: text for name, text in filters.items() if text}
    return page.show(
        template, decisions=decisions, asked=asked, outcomes=get_args(Outcome), found=found
    )


async def find(page: Page) -> Response:
    """Show who matches what is known of a person; a decision's number opens the decision.

    A person is named in the body of the form alone, because addresses are logged and kept.
    """
    if decision_id := page.filled("decision_id").strip().lower():
        if not re.fullmatch(UUID, decision_id):
            raise ConsoleError(_NO_NUMBER)
        return page.go(f"/console/decisions/{decision_id}")
    if not (wanted := given(page.fields, *PERSON)):
        raise ConsoleError(_NOTHING_GIVEN)
    return await show_decisions(page, await page.calls.post("search_members", SearchPage, wanted))


async def show_replay(page: Page) -> Response:
    """Show a decision made again, field by field."""
    decision_id = page.named("decision_id")
    found = await page.calls.read("get_replay", ReplayShape, decision_id=decision_id)
    told = await read_explanation(page, page.session.language)
    return page.show("replay.html", found=found, sentences=_sentences(told))


def _sentences(told: ExplanationShape | None) -> dict[str, str]:
    """Return by code of a reason the sentence in which the answer tells of the same records."""
    sentences: dict[str, str] = {}
    for line in told.counted if told else []:
        names = tuple(line.attribute.split(" × "))
        # Several names are a pair, or all that is missing for one cause.
        for code in {*codes_of(names), *(code_of((name,), MISSING) for name in names)}:
            sentences.setdefault(code, line.text)
    return sentences


async def get_evidence(page: Page) -> Response:
    """Send the evidence of a decision as one signed file."""
    decision_id = page.named("decision_id")
    reply = await page.calls.call("get_evidence", {"decision_id": decision_id})
    name = f'attachment; filename="evidence-{decision_id}.zip"'
    return Response(reply.body, headers={"Content-Disposition": name}, media_type="application/zip")


async def read_decision(page: Page) -> DecisionWithHistory:
    """Return the decision of the page."""
    decision_id = page.named("decision_id")
    return await page.calls.read("get_decision", DecisionWithHistory, decision_id=decision_id)


async def read_explanation(page: Page, lang: Language = "zh") -> ExplanationShape | None:
    """Return the explanation; None once the person's profile was erased."""
    try:
        return await page.calls.read(
            "get_explanation", ExplanationShape, decision_id=page.named("decision_id"), lang=lang
        )
    except RefusedError as refusal:
        if refusal.kind == "profile-erased":
            return None
        raise


def _most(decision: DecisionWithHistory, policy: dict[str, Any]) -> int:
    """Return the most that a verdict may approve, in yuan."""
    cap: int = policy["numbers"]["product_cap_yuan"]["value"]
    return min(decision.asked_yuan, cap)


async def _policy(page: Page) -> dict[str, Any]:
    """Return the numbers of the policy in force by name."""
    return (await page.calls.read("get_policy", _Policy)).in_force
