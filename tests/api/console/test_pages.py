"""Pages follow the routes: the same matrix, the same places, the same audit; and their headers."""

from __future__ import annotations

import re

import httpx
import pytest

from api.access.matrix import MATRIX
from api.console.routes import PAGES
from api.console.serve import HEADERS, PageRoute
from api.core.principal import ROLES
from tests.support.console.visitor import SESSION, Visitor
from tests.support.fixtures.branch import ELSEWHERE, NO_DECISION, Branch

#: The route without which a page cannot be shown.
ROUTE_OF = {
    "/console/decisions": "list_decisions",
    "/console/differences": "list_differences",
    "/console/decisions/{decision_id}/replay": "get_replay",
    "/console/accesses": "get_accesses",
    "/console/figures": "get_funnel",
    "/console/accounts": "get_accounts",
    "/console/accounts/duties": "get_duties",
    "/console/accounts/{account_name}/sessions": "get_account_sessions",
    "/console/key-orders": "get_key_orders",
    "/console/editions": "get_editions",
    "/console/imports": "get_imports",
    "/console/freshness": "get_freshness",
    "/console/freshness.xlsx": "get_freshness",
    "/console/installation": "get_examination",
    "/console/editions.xlsx": "get_editions",
    "/console/models": "get_runs",
    "/console/models/cards": "get_cards",
    "/console/models/monitoring": "get_monitorings",
    "/console/models/swap-sets": "get_swap_sets",
    "/console/sessions": "get_sessions",
    "/console/whitelist": "get_whitelist",
    "/console/ledger": "get_ledger_verification",
    "/console/members/{member_id}/visit": "get_member",
    "/console/decisions/{decision_id}/evidence.zip": "get_evidence",
    "/console/reviews": "list_reviews",
    "/console/villages": "get_whitelist_changes",
    "/console/villages/{village_code}": "get_village_sheet",
    "/console/villages/{village_code}/sheet.xlsx": "get_village_sheet",
    "/console/members/{member_id}": "get_member",
    "/console/members/{member_id}/ask": "get_member",
    "/console/decisions/{decision_id}": "get_decision",
    "/console/decisions/{decision_id}/notice": "get_decision",
}
NO_EDITION = "2023-10-01-000000000000"
OBJECTS = sorted(path for path in ROUTE_OF if "member_id" in path or "decision_id" in path)


def _address(branch: Branch, path: str) -> str:
    return path.format(
        member_id=branch.member["member_id"],
        village_code=branch.member["village_code"],
        decision_id=branch.decision,
        number="1",
        proposal_id=NO_DECISION,
        visit_id=NO_DECISION,
        difference_id=NO_DECISION,
        repayment="1",
        order_id="0" * 8,
        session_id=NO_DECISION,
        account_name="nobody",
        edition=NO_EDITION,
        run_id="0" * 32,
        digest="0" * 64,
        other_digest="1" * 64,
        import_id="2023-10-01T000000-000000000000",
        file_number="1",
    )


def _lines(branch: Branch) -> list[dict[str, object]]:
    answer = branch.send("get", "/v1/accesses?page_size=50", branch.headers("auditor"))
    rows: list[dict[str, object]] = answer.json()["rows"]
    return rows


@pytest.mark.parametrize("path", sorted(ROUTE_OF))
def test_a_page_is_shown_to_the_roles_of_its_route_alone(branch: Branch, path: str) -> None:
    for role in ROLES:
        answer = Visitor.of(branch, role).get(_address(branch, path))
        allowed = role in MATRIX[ROUTE_OF[path]].roles
        assert answer.status_code == (200 if allowed else 403), role
        if not allowed:
            assert "您的角色无权进行此操作" in answer.text
            assert branch.member["member_id"] not in answer.text.replace(_address(branch, path), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_a_page_without_a_session_leads_to_the_sign_in(branch: Branch, page: PageRoute) -> None:
    if page.is_open:
        return
    visitor = Visitor(branch, cookies={SESSION: "no.such.token"})
    address = _address(branch, page.path)
    answer = visitor.get(address) if page.method == "GET" else visitor.post(address, {"a": "b"})
    assert answer.status_code in (303, 401)
    assert branch.member["village_code"] not in answer.text


@pytest.mark.parametrize("path", OBJECTS)
def test_a_page_of_another_place_is_exactly_the_page_of_nothing(branch: Branch, path: str) -> None:
    visitor = Visitor.of(branch, *ROLES, places=(ELSEWHERE,))
    foreign, absent = (
        visitor.get(path.format(member_id=member, decision_id=decision))
        for member, decision in (
            (branch.member["member_id"], branch.decision), ("NOBODY", NO_DECISION),
        )
    )  # fmt: skip
    assert foreign.status_code == absent.status_code == 404
    names = {branch.member["member_id"]: "NOBODY", branch.decision: NO_DECISION}
    text = re.sub("|".join(names), lambda found: names[found[0]], foreign.text)
    assert text == absent.text


def test_lists_hold_the_rows_of_the_readers_places_alone(branch: Branch) -> None:
    page = Visitor.of(branch, "officer", places=(ELSEWHERE,)).get("/console/villages")
    assert page.status_code == 200
    assert "/console/members/" not in page.text


def test_a_page_leaves_the_access_records_of_its_routes(branch: Branch) -> None:
    visitor = Visitor.of(branch, "reviewer")
    answer = visitor.get(_address(branch, "/console/members/{member_id}"))
    mine = [r for r in _lines(branch) if r["request_id"] == answer.headers["x-request-id"]]
    assert {row["route"] for row in mine} >= {"get_member", "get_household", "get_consents"}
    assert {row["actor"] for row in mine} == {"reviewer.all"}


@pytest.mark.parametrize(
    "path",
    [
        "/console/sign-in", "/console/nothing",
        *sorted(path for path in ROUTE_OF if not path.endswith(".zip")),
    ],
)  # fmt: skip
def test_every_page_forbids_what_it_does_not_need(branch: Branch, path: str) -> None:
    page = Visitor.of(branch, *ROLES).get(_address(branch, path))
    assert dict(page.headers).items() >= {n.lower(): v for n, v in HEADERS.items()}.items()
    assert page.headers["cache-control"] == "no-store"
    assert_plain(page)


def assert_plain(page: httpx.Response) -> None:
    """No script or style inside the page, no handler, nothing from another host."""
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
    addresses = re.findall(r'(?:src|href|action|hx-get|hx-post)="([^"#]*)', page.text)
    assert all(each.startswith("/console/") for each in addresses if each), addresses


def test_the_page_of_an_unknown_address_says_what_to_do(branch: Branch) -> None:
    page = Visitor.of(branch, "officer").get("/console/nothing/here")
    assert page.status_code == 404
    assert "没有这个页面" in page.text
    assert Visitor(branch).get("/console").headers["location"] == "/console/"


def test_no_page_is_part_of_the_document_of_the_api(branch: Branch) -> None:
    assert not any("console" in path for path in branch.app.openapi()["paths"])


def test_a_demo_says_which_dates_are_of_its_day_and_which_of_todays_calendar(
    branch: Branch,
) -> None:
    page = Visitor.of(branch, "officer").get(f"/console/decisions/{branch.decision}").text
    assert "名单和记录按 2023-10-09 计算，办理时间、有效期和到期日按今天的日历计算" in page
    valid_until = branch.ask("get_decision", branch.headers("officer")).json()["valid_until"]
    assert valid_until in page
