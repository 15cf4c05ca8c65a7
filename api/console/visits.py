"""Pages of a visit: the form that records what an officer confirmed, and its withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, get_args

from starlette.responses import Response

from api.console.calls import RefusedError
from api.console.forms import given, whole_number
from api.console.page import Page
from api.console.problems import ConsoleError, Notice
from api.editions.in_use import today_in_china
from api.http.fields import CROPS, INCOMES, MOST_DAYS_SINCE_VISIT
from api.members.schemas import MemberShape
from api.visits.commands import Proof
from api.visits.schemas import VisitRecorded, VisitShape, VisitWithdrawn
from api.visits.withdrawal import WithdrawalReason
from model.archive.tables import HARVESTED_BY, season_harvest
from model.profile.dictionary import Text

#: Crops whose yields one visit can record.
HARVESTS = 2
REASONS: tuple[str, ...] = get_args(WithdrawalReason)
_NOTHING_CONFIRMED = Notice(
    Text("还没有填写核实的内容", "Nothing is filled in that the visit confirmed"),
    Text(
        "请填写收入、亩产或居住日期，至少一项。",
        "Fill in an income, a yield or since when the member lives there: at least one of them.",
    ),
)


async def show_visit(page: Page) -> Response:
    """Show the form of a visit to a member."""
    member_id = page.named("member_id")
    member = await page.calls.read("get_member", MemberShape, member_id=member_id)
    today = today_in_china()
    return page.show(
        "visit.html",
        member=member,
        today=today,
        incomes=INCOMES,
        crops=CROPS,
        seasons=harvests_before(today),
        harvests=range(1, HARVESTS + 1),
        proofs=get_args(Proof),
    )


async def record(page: Page) -> Response:
    """Record what the form says; it counts from the next decision on."""
    return page.go(await record_visit(page, page.named("member_id")), done="visit-recorded")


async def record_visit(page: Page, member_id: str) -> str:
    """Record a visit to a member as filled in; return where it is read.

    Raises
    ------
    ConsoleError
        If nothing is filled in that the visit confirmed.
    """
    found: dict[str, Any] = {"proof": "", "note": "", "visited_on": ""}
    found |= given(page.fields, "visited_on", "proof", "note", "resident_since")
    found["incomes"] = _incomes(page.fields)
    found["harvests"] = _harvests(page.fields)
    if not (found["incomes"] or found["harvests"] or found.get("resident_since")):
        raise ConsoleError(_NOTHING_CONFIRMED)
    await page.calls.post(
        "post_visit", VisitRecorded, found, key=page.sent_key, member_id=member_id
    )
    return f"/console/members/{member_id}#visits"


async def withdraw(page: Page) -> Response:
    """Withdraw a visit that was recorded by mistake."""
    member_id, visit_id = page.named("member_id"), page.named("visit_id")
    because = {"reason": "", "note": ""} | given(page.fields, "reason", "note")
    await page.calls.post(
        "post_visit_withdrawal", VisitWithdrawn, because, key=page.sent_key,
        member_id=member_id, visit_id=visit_id,
    )  # fmt: skip
    return page.go(f"/console/members/{member_id}#visits", done="visit-withdrawn")


async def visits_of(page: Page, member_id: str) -> list[VisitShape] | None:
    """Return the visits to a member, latest first; None without consent: then none is shown."""
    try:
        return await page.calls.read_list("get_visits", VisitShape, member_id=member_id)
    except RefusedError as refusal:
        if refusal.kind == "consent-not-in-force":
            return None
        raise


def harvests_before(today: date) -> list[str]:
    """Return the seasons whose harvest can be the last of its kind before a visit of these days."""
    first = today - timedelta(days=MOST_DAYS_SINCE_VISIT)
    seasons = [
        f"{year}-{kind}" for year in (today.year, today.year - 1) for kind in sorted(HARVESTED_BY)
    ]
    return [
        each
        for each in seasons
        if season_harvest(each) <= today and season_harvest(_following(each)) > first
    ]


def _following(season: str) -> str:
    return f"{int(season[:4]) + 1}{season[4:]}"


def _incomes(fields: Mapping[str, str]) -> dict[str, int | str]:
    filled = given(fields, *(f"income.{kind}" for kind in INCOMES))
    return {name.removeprefix("income."): whole_number(text) for name, text in filled.items()}


def _harvests(fields: Mapping[str, str]) -> dict[str, dict[str, int | str]]:
    """Return season and yield by crop; a line in which nothing is written is left out."""
    found: dict[str, dict[str, int | str]] = {}
    for number in range(1, HARVESTS + 1):
        names = [f"{part}.{number}" for part in ("crop", "season", "yield")]
        line = given(fields, *names)
        if line:
            crop, season, kg = (line.get(name, "") for name in names)
            # One crop twice: neither yield is chosen for the officer, the route refuses the empty.
            season = "" if crop in found else season
            found[crop] = {"season": season, "kg_per_mu": whole_number(kg)}
    return found
