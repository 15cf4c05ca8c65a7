"""Pages of one member: who it is, what the edition says, and a question for a loan."""

from __future__ import annotations

import asyncio
from typing import get_args

from starlette.responses import Response

from api.cases.schemas import DecisionsPage
from api.consent.commands import Evidence
from api.consent.schemas import ConsentShape
from api.console.forms import whole_number
from api.console.page import Page
from api.console.pictures import points_bars, season_picture, tier_bar
from api.console.visits import REASONS, visits_of
from api.decisions.schemas import DecisionShape
from api.http.fields import PURPOSES
from api.members.schemas import HouseholdShape, MemberExplanation, MemberShape

_DECISIONS = 20


async def show_member(page: Page) -> Response:
    """Show a member."""
    member_id = page.named("member_id")
    member = await page.calls.read("get_member", MemberShape, member_id=member_id)
    lang, read = page.session.language, page.calls.read
    # Each of these leaves an access record; together they wait for one commit.
    household, consent, decisions, told, visits = await asyncio.gather(
        read("get_household", HouseholdShape, member_id=member_id),
        read("get_consents", ConsentShape, member_id=member_id),
        read("list_decisions", DecisionsPage, member_id=member_id, page_size=_DECISIONS),
        read("get_member_explanation", MemberExplanation, member_id=member_id, lang=lang),
        visits_of(page, member_id),
    )
    return page.show(
        "member.html",
        member=member,
        household=household,
        consent=consent,
        evidence=get_args(Evidence),
        decisions=decisions,
        told=told,
        visits=visits,
        withdrawals=REASONS,
        tier_bar=None if told.points is None else tier_bar(told.points, told.cut_offs),
        bars=points_bars(told.counted),
        season=season_picture(told.season) if told.season else None,
    )


async def show_ask(page: Page) -> Response:
    """Show the form of a question: amount, months, purpose."""
    member_id = page.named("member_id")
    member = await page.calls.read("get_member", MemberShape, member_id=member_id)
    return page.show("ask.html", member=member, purposes=PURPOSES)


async def ask(page: Page) -> Response:
    """Ask for a decision and show it; the same form sent twice gets the same decision."""
    return page.go(await ask_for_decision(page, page.named("member_id")), done="asked")


async def ask_for_decision(page: Page, member_id: str) -> str:
    """Ask for a decision as filled in; return where it is read."""
    question = {
        "member_id": member_id,
        "amount_yuan": whole_number(page.filled("amount_yuan")),
        "months": whole_number(page.filled("months")),
        "purpose": page.filled("purpose"),
    }
    answer = await page.calls.post("post_decision", DecisionShape, question, key=page.sent_key)
    return f"/console/decisions/{answer.decision_id}"
