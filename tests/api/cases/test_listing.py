"""Lists of decisions: an officer's own, all of their places for reviewers and auditors."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.cases.listing import Filters, decisions_page
from api.cases.schemas import DecisionsPage
from api.core.principal import Principal, Role
from api.editions.edition import PlaceFilter
from api.persons.commands import Erase
from tests.support.fixtures.branch import ELSEWHERE, Branch

FIRST_DAY = date(2023, 10, 9)


def page(
    desk: Any,
    role: Role = "auditor",
    account: str = "auditor-1",
    places: tuple[str, ...] = ("",),
    before: int | None = None,
    size: int = 100,
    **limits: Any,
) -> DecisionsPage:
    names = ("member_id", "actor", "outcome", "since", "until")
    place = PlaceFilter(
        **{k: v for k, v in limits.items() if k in ("county", "village")}, within=places
    )
    filters = Filters(*(limits.get(name) for name in names), place=place)
    caller = Principal(account, frozenset({role}), places)
    with desk.ledger.read() as view:
        return decisions_page(view, desk.resources, caller, filters, before, size)


@pytest.fixture
def decided(desk: Any) -> dict[str, str]:
    """Four decisions: two officers, three members, two days."""
    first, second, third = (desk.member(tier) for tier in ("FIRST", "SECOND", "THIRD"))
    made = {"approved": desk.decide(first, 3_000)}
    made["referred"] = desk.decide(second, 3_000, "officer-2")
    desk.now += timedelta(days=1)
    made["declined"] = desk.decide(third, 3_000, "officer-2")
    made["again"] = desk.decide(first, 4_000)
    return made


def ids(found: DecisionsPage) -> list[str]:
    return [row.decision_id for row in found.rows]


def test_decisions_are_listed_latest_first_with_member_and_masked_name(
    desk: Any, decided: dict[str, str]
) -> None:
    found = page(desk)
    expected = [decided[name] for name in ("again", "declined", "referred", "approved")]
    assert ids(found) == expected
    member = desk.member("FIRST")
    person = desk.resources.edition.person(member["member_id"])
    row = found.rows[0]
    assert (row.member_id, row.member_name) == (member["member_id"], person["name"])
    assert "*" in str(row.member_name)
    assert (row.outcome, row.status, row.asked_yuan) == ("APPROVE", "APPROVED", 4_000)
    assert [row.status for row in found.rows[1:3]] == ["DECLINED", "WAITING"]


def test_an_officer_sees_their_own_and_those_their_question_repeated(
    desk: Any, decided: dict[str, str]
) -> None:
    own = page(desk, "officer", "officer-1")
    assert ids(own) == [decided["again"], decided["approved"]]
    assert ids(page(desk, "officer", "officer-3")) == []
    assert desk.decide(desk.member("THIRD"), 3_000, "officer-1") == decided["declined"]
    assert decided["declined"] in ids(page(desk, "officer", "officer-1"))
    assert len(ids(page(desk, "reviewer", "reviewer-1"))) == 4


def test_each_filter_limits_the_list(desk: Any, decided: dict[str, str]) -> None:
    first = desk.member("FIRST")
    assert ids(page(desk, member_id=first["member_id"])) == [decided["again"], decided["approved"]]
    assert ids(page(desk, member_id="NOBODY")) == []
    assert ids(page(desk, actor="officer-2")) == [decided["declined"], decided["referred"]]
    assert ids(page(desk, outcome="REFER")) == [decided["referred"]]
    next_day = FIRST_DAY + timedelta(days=1)
    assert ids(page(desk, since=next_day)) == [decided["again"], decided["declined"]]
    assert ids(page(desk, until=FIRST_DAY)) == [decided["referred"], decided["approved"]]
    assert ids(page(desk, since=FIRST_DAY, until=next_day)) == ids(page(desk))
    assert ids(page(desk, outcome="APPROVE", until=FIRST_DAY)) == [decided["approved"]]
    village = first["village_code"]
    assert set(ids(page(desk, village=village))) >= {decided["again"], decided["approved"]}
    assert ids(page(desk, county=ELSEWHERE)) == []


def test_a_day_begins_at_midnight_in_china(desk: Any) -> None:
    member = desk.member("FIRST")
    desk.now = desk.now.replace(hour=15, minute=59, second=59)
    late = desk.decide(member, 3_000)
    desk.now += timedelta(seconds=1)
    early = desk.decide(member, 4_000)
    next_day = FIRST_DAY + timedelta(days=1)
    assert ids(page(desk, until=FIRST_DAY)) == [late]
    assert ids(page(desk, since=next_day)) == [early]


def test_nobody_sees_decisions_of_other_places(desk: Any, decided: dict[str, str]) -> None:
    assert ids(page(desk, places=(ELSEWHERE,))) == []
    assert ids(page(desk, places=())) == []
    counties = {row.place_code[:6] for row in page(desk).rows}
    for county in counties:
        found = page(desk, places=(county,)).rows
        assert found
        assert {row.place_code[:6] for row in found} == {county}


def test_pages_hold_each_decision_once_also_while_decisions_are_made(
    desk: Any, decided: dict[str, str]
) -> None:
    found, before = [], None
    for amount in (5_000, 6_000, 7_000, 8_000, 9_000):
        part = page(desk, before=before, size=1)
        found += ids(part)
        if part.next_cursor is None:
            break
        before = int(part.next_cursor)
        desk.decide(desk.member("FIRST"), amount)
    assert found == [decided[name] for name in ("again", "declined", "referred", "approved")]


def test_an_erased_person_has_neither_id_nor_name(desk: Any) -> None:
    row = next(
        each
        for each in desk.resources.edition.page(PlaceFilter(), "THIRD", None, 1_200)
        if not desk.resources.edition.columns(each["member_id"])["balance_outstanding"][0] > 0
    )
    decision = desk.decide(row, 3_000)
    desk.do(Erase(None, "reviewer-1", row["member_id"], desk.resources))
    (found,) = page(desk).rows
    assert (found.decision_id, found.member_id, found.member_name) == (decision, None, None)
    assert ids(page(desk, member_id=row["member_id"])) == []


def test_a_list_over_http_is_recorded_and_refuses_what_is_no_day(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    listed = branch.send("get", "/v1/decisions", auditor).json()
    assert branch.decision in [row["decision_id"] for row in listed["rows"]]
    shown = branch.send("get", f"/v1/decisions/{branch.decision}", auditor).json()
    assert shown["member_id"] == branch.member["member_id"]
    assert shown["member_name"].endswith("*")
    member = f"/v1/decisions?member_id={branch.member['member_id']}"
    assert len(branch.send("get", member, auditor).json()["rows"]) == 1
    records = branch.send("get", "/v1/accesses", auditor).json()["rows"]
    assert [row["route"] for row in records[:3]] == [
        "list_decisions", "get_decision", "list_decisions",
    ]  # fmt: skip
    for query in (
        "since=2023-13-01",
        "since=1696118400",
        "until=2023-10-01T00:00",
        "since=0001-01-01",
    ):
        answer = branch.send("get", f"/v1/decisions?{query}", auditor)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")


def test_the_filters_of_a_list_are_refused_on_a_decision_request(branch: Branch) -> None:
    member = branch.member["member_id"]
    answer = branch.send("post", "/v1/decisions?outcome=APPROVE", branch.headers("officer"), member)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")
