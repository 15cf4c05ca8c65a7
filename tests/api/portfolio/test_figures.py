"""Figures for managers: no person, no small cell, a label for each count, a concentration."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.access.mass_access import MassAccess
from api.access.matrix import MATRIX, may_see_persons
from api.server.app import create_app
from tests.support.fixtures.branch import Branch

SMALLEST = 5


@pytest.fixture(scope="module")
def office(
    published_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Branch]:
    """A service on a day on which the controls are in force, with decisions and payments."""
    home = tmp_path_factory.mktemp("figures") / "home"
    shutil.copytree(published_home, home)
    branch = Branch(home, bearer)
    branch.app = create_app(branch.app.state.service.settings, lambda: date(2026, 11, 29))
    running = branch.running()
    branch.loop.run_until_complete(running.__aenter__())
    for number in range(6):
        body = {"member_id": branch.member["member_id"], "amount_yuan": 5_000 + number}
        _post(branch, "/v1/decisions", body | {"months": 12, "purpose": "inputs"})
    yield branch
    branch.loop.run_until_complete(running.__aexit__(None, None, None))
    branch.loop.close()


def _post(branch: Branch, address: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = branch.headers("officer") | {
        "Idempotency-Key": f"{address}-{body}"[:90].replace(" ", "")
    }
    sent = branch.client.post(address, json=body, headers=headers)
    answer = branch.loop.run_until_complete(sent)
    assert answer.status_code < 300, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _get(branch: Branch, address: str, *roles: str, **places: tuple[str, ...]) -> dict[str, Any]:
    answer = branch.send("get", address, branch.headers(*roles, **places))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_manager_sees_figures_and_no_person() -> None:
    manager = {route for route, rule in MATRIX.items() if "manager" in rule.roles}
    assert manager >= {"get_funnel", "get_portfolio", "get_concentration"}
    assert not any(MATRIX[route].personal for route in manager)
    assert not any("path" in MATRIX[route].bound for route in manager)
    assert not may_see_persons(["manager", "analyst", "operator", "admin", "head"])
    assert all(may_see_persons([role]) for role in ("officer", "reviewer", "auditor"))


@pytest.mark.parametrize("level", ["village", "township", "county", "total"])
@pytest.mark.parametrize("role", ["manager", "analyst", "operator"])
def test_the_funnel_hides_few_persons_from_who_may_not_see_them(
    office: Branch, role: str, level: str
) -> None:
    address = f"/v1/whitelist/funnel?level={level}"
    exact = {row["place_code"]: row for row in _get(office, address, "auditor")["rows"]}
    shown = _get(office, address, role)["rows"]
    assert len(shown) == len(exact)
    hidden = 0
    for row in shown:
        for step in (
            "members", "first", "second", "third", "applied", "borrowers", "borrowers_this_year",
        ):  # fmt: skip
            n = exact[row["place_code"]][step]
            assert row[step] in (n, None)
            assert row[step] is None or not 0 < n < SMALLEST
            hidden += row[step] is None
        if 0 < exact[row["place_code"]]["borrowers"] < SMALLEST:
            assert row["disbursed_yuan"] is None
        few = 0 < exact[row["place_code"]]["borrowers_this_year"] < SMALLEST
        assert not few or row["disbursed_this_year_yuan"] is None
        assert (row["borrowers_this_year"] is None) == (row["disbursed_this_year_yuan"] is None)
    # Few persons of a village apply; a larger place of the small archive may hold enough.
    assert hidden or level != "village"


def test_a_part_of_a_place_reveals_no_small_cell(office: Branch) -> None:
    village = office.member["village_code"]
    exact = _get(office, "/v1/whitelist/funnel?level=village", "auditor")["rows"]
    small = next(
        row for row in exact
        if row["place_code"][:9] == village[:9] and 0 < row["borrowers"] < SMALLEST
    )  # fmt: skip
    other = next(
        row for row in exact
        if row["place_code"][:9] == village[:9] and row["place_code"] != small["place_code"]
    )  # fmt: skip
    places = (small["place_code"], other["place_code"])
    (row,) = _get(office, "/v1/whitelist/funnel?level=township", "manager", places=places)["rows"]
    assert row["borrowers"] is None
    assert row["disbursed_yuan"] is None


def test_the_portfolio_hides_few_decisions_from_who_may_not_see_them(office: Branch) -> None:
    place = office.member["village_code"]
    address = f"/v1/portfolio?level=village&village={place}"
    (exact,) = _get(office, address, "auditor")["rows"]
    (shown,) = _get(office, address, "manager")["rows"]
    # Six decisions are enough, but they are on one member.
    assert exact["in_total"]["decisions"] == 6
    assert shown["in_total"]["decisions"] is None
    assert shown["this_year"]["approved_yuan"] is None
    total = _get(office, "/v1/portfolio?level=total", "manager")["rows"][0]
    assert total["in_total"]["decisions"] is None


@pytest.mark.parametrize("address", ["/v1/whitelist/funnel", "/v1/portfolio", "/v1/concentration"])
def test_every_column_says_what_it_counts(office: Branch, address: str) -> None:
    body = _get(office, address, "manager")
    labels = {each["name"] for each in body["counts"]}
    assert all(each["zh"] and each["en"] for each in body["counts"])
    row = body["rows"][0]
    places = {"place_code", "county", "township", "village", "latitude", "longitude"}
    columns = set(row) - places
    for period in ("this_year", "in_total"):
        if period in columns:
            columns = columns - {period} | set(row[period])
    assert columns == labels


def test_the_two_tables_say_that_their_disbursements_differ(office: Branch) -> None:
    texts = {
        address: {each["name"]: each["en"] for each in _get(office, address, "manager")["counts"]}
        for address in ("/v1/whitelist/funnel", "/v1/portfolio")
    }
    assert "branch files" in texts["/v1/whitelist/funnel"]["disbursed_yuan"]
    assert "payments" in texts["/v1/portfolio"]["disbursed_yuan"]


def test_the_concentration_of_fourteen_borrowers_adds_up_and_names_nobody(desk: Any) -> None:
    from datetime import UTC, datetime

    from api.editions.edition import PlaceFilter
    from api.payments.commands import Disburse
    from api.portfolio.concentration import concentration, herfindahl, largest_share
    from api.portfolio.portfolio import portfolio
    from api.portfolio.tally import Tally

    desk.now = datetime(2023, 10, 9, 2, tzinfo=UTC)
    rows = desk.resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    members = [row for row in rows if row["limit_yuan"] >= 4_000 and not row["knock_outs"]][:14]
    for n, member in enumerate(members):
        decision = desk.decide(member, 4_000)
        desk.do(Disburse(None, "officer-2", decision, 1_000 + 100 * n, desk.resources))
        with desk.ledger.read() as view:
            assert n >= 10 or largest_share(view, ("",), lambda _: True) is None
    paid = [1_000 + 100 * n for n in range(14)]
    with desk.ledger.read() as view:
        totals = Tally().totals(view)
        table = portfolio(desk.resources.edition, totals, {}, "township", lambda _: True, 2023)
        largest = largest_share(view, ("",), lambda _: True)
    found = concentration(table)
    assert sum(row["disbursed_yuan"] for row in found) == sum(paid)
    assert abs(sum(row["share_percent"] for row in found) - 100) < 1
    assert largest == round(100 * sum(paid[-10:]) / sum(paid), 1)
    index = herfindahl(found)
    assert index is not None
    assert 1 / len(found) <= index <= 1


def test_five_payments_of_one_borrower_are_hidden_and_those_of_five_borrowers_are_not(
    desk: Any,
) -> None:
    from datetime import UTC, datetime

    from api.editions.edition import PlaceFilter
    from api.payments.commands import Disburse
    from api.portfolio.concentration import largest_share
    from api.portfolio.persons import Persons
    from api.portfolio.portfolio import portfolio
    from api.portfolio.tally import Tally

    desk.now = datetime(2023, 10, 9, 2, tzinfo=UTC)
    rows = desk.resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    able = [row for row in rows if row["limit_yuan"] >= 6_000 and not row["knock_outs"]]
    alone = able[0]
    others = [row for row in able if row["village_code"] != alone["village_code"]][:11]
    decision = desk.decide(alone, 6_000)
    for _ in range(5):
        desk.do(Disburse(None, "officer-2", decision, 1_000, desk.resources))
    for member in others:
        desk.do(Disburse(None, "officer-2", desk.decide(member, 4_000), 1_000, desk.resources))
    edition, tally = desk.resources.edition, Tally()
    with desk.ledger.read() as view:
        totals = tally.totals(view)
        by_ledger = Persons().small_cells(view, tally.differences(view), 2023, SMALLEST)
        hidden = edition.small_cells(SMALLEST), by_ledger
        assert largest_share(view, ("",), lambda _: True) is not None
        assert largest_share(view, ("",), lambda _: True, SMALLEST) is None, "of two others"

    def shown(level: str, code: str) -> dict[str, Any]:
        rows = portfolio(edition, totals, {}, level, lambda _: True, 2023, hidden)
        return next(row for row in rows if row["place_code"] == code)

    village = shown("village", alone["village_code"])
    assert village["in_total"]["disbursements"] is None
    assert village["in_total"]["disbursed_yuan"] is None
    assert (village["loans"], village["exposure_yuan"]) == (None, None)
    total = shown("total", "")
    assert (total["in_total"]["disbursements"], total["exposure_yuan"]) == (16, 16_000)


def test_mass_access_raises_one_alarm_an_hour_for_an_account() -> None:
    now = [0.0]
    watch = MassAccess(clock=lambda: now[0])
    assert [watch.note("a", 400, 1_000) for _ in range(4)] == [0, 0, 1_200, 0]
    assert watch.note("b", 999, 1_000) == 0
    now[0] += 3_601
    assert watch.note("a", 400, 1_000) == 0
    assert watch.note("a", 700, 1_000) == 1_100


def test_an_officer_who_pages_through_the_whitelist_raises_an_alarm(office: Branch) -> None:
    headers = office.headers("officer", places=("",))
    cursor, pages = "", 0
    while cursor is not None:
        page = office.send("get", f"/v1/whitelist?page_size=500{cursor}", headers).json()
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
        pages += 1
    assert pages >= 3
    records = office.send("get", "/v1/accesses", office.headers("auditor")).json()["rows"]
    alarms = [each for each in records if each["route"] == "mass_access"]
    assert [(each["actor"], each["persons"] > 1_000) for each in alarms] == [("officer.all", True)]
    metrics = office.loop.run_until_complete(_metrics(office))
    assert "rongzi_mass_access_total 1.0" in metrics


async def _metrics(office: Branch) -> str:
    from api.core.metrics import render_metrics

    return (await asyncio.to_thread(render_metrics)).decode()
