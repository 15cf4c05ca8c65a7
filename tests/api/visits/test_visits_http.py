"""Visits over HTTP: a strict body, named fields, roles and places, and the access record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest

from tests.support.fixtures.branch import ELSEWHERE, Branch

# The service's ledger runs on the clock.
TODAY = datetime.now(tz=UTC).astimezone(timezone(timedelta(hours=8))).date()
BODY: dict[str, Any] = {
    "visited_on": TODAY.isoformat(), "proof": "document", "note": "查看了用工合同",
    "incomes": {"wages": 36_000}, "resident_since": "2019-03-01",
}  # fmt: skip
_KEYS = count()


def post(
    branch: Branch,
    body: dict[str, Any],
    *roles: str,
    places: tuple[str, ...] = ("",),
    address: str = "",
) -> Any:
    address = address or f"/v1/members/{branch.member['member_id']}/visits"
    headers = branch.headers(*(roles or ("officer",)), places=places)
    key = {"Idempotency-Key": f"visit-{next(_KEYS)}"}
    response = branch.client.post(address, json=body, headers=headers | key)
    return branch.loop.run_until_complete(response)


def test_a_visit_is_recorded_and_shown_with_what_it_confirmed(branch: Branch) -> None:
    answer = post(branch, BODY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["until"] == (TODAY + timedelta(days=365)).isoformat()
    shown = branch.ask("get_visits", branch.headers("reviewer")).json()[0]
    assert shown["visit_id"] == answer.json()["visit_id"]
    assert {name: shown[name] for name in BODY} == BODY
    assert (shown["counts"], shown["harvests"], shown["recorded_by"]) == (True, {}, "officer.all")
    asked = {"member_id": branch.member["member_id"], "amount_yuan": 5_000, "months": 12,
             "purpose": "inputs"}  # fmt: skip
    decided = post(branch, asked, address="/v1/decisions").json()
    explained = branch.ask(
        "get_explanation", branch.headers("officer"), decision_id=decided["decision_id"]
    ).json()
    assert "走访核实" in explained["visits"][0]
    standing = branch.ask("get_member_explanation", branch.headers("officer")).json()
    incomes = standing["capacity"]["incomes"]
    assert incomes == explained["capacity"]["incomes"]
    assert [each["source"] for each in incomes if each["evidence"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"visited_on": "2020-01-01"}, "visited_on"),
        ({"visited_on": 1_700_000_000}, "visited_on"),
        ({"visited_on": f"{TODAY}T10:00:00"}, "visited_on"),
        ({"proof": "hearsay"}, "proof"),
        ({"note": "手机 13800000000"}, "note"),
        ({"incomes": {"wages": "36000"}}, "incomes"),
        ({"incomes": {"wages": -1}}, "incomes"),
        ({"incomes": {"gambling": 5}}, "incomes"),
        ({"incomes": {"phone": 5}}, "incomes"),
        ({"harvests": {"other": {"season": "2023-S", "kg_per_mu": 5}}}, "harvests"),
        ({"harvests": {"wheat": {"season": "2023-X", "kg_per_mu": 5}}}, "harvests"),
        ({"harvests": {"wheat": {"season": "2001-S", "kg_per_mu": 5}}}, "harvests"),
        ({"harvests": {"wheat": {"kg_per_mu": 5}}}, "harvests"),
        ({"resident_since": "2999-01-01"}, "resident_since"),
        ({"incomes": {}, "resident_since": None}, "body"),
        ({"grade": "A"}, "body"),
    ],
)
def test_a_wrong_field_is_named_and_never_repeated(
    branch: Branch, change: dict[str, Any], field: str
) -> None:
    answer = post(branch, BODY | change)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert "13800000000" not in answer.text
    assert "gambling" not in answer.text


def test_only_an_officer_of_the_place_records_a_visit(branch: Branch) -> None:
    for role in ("reviewer", "auditor", "manager", "admin"):
        assert post(branch, BODY, role).status_code == 403
    assert post(branch, BODY, places=(ELSEWHERE,)).status_code == 404


def test_who_looked_at_visits_is_on_record(branch: Branch) -> None:
    branch.ask("get_visits", branch.headers("officer"))
    rows = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert rows[0]["route"] == "get_visits"


def test_a_visit_is_withdrawn_with_its_reason_and_shown_as_withdrawn(branch: Branch) -> None:
    visit = post(branch, BODY).json()["visit_id"]
    address = f"/v1/members/{branch.member['member_id']}/visits/{visit}/withdrawal"
    body = {"reason": "wrong_figures", "note": "金额看错，已与本人核对"}
    for role in ("reviewer", "manager", "auditor", "operator", "admin", "analyst", "head"):
        assert post(branch, body, role, address=address).status_code == 403
    away = post(branch, body, places=(ELSEWHERE,), address=address)
    assert (away.status_code, away.json()["type"]) == (404, "/problems/unknown-member")
    for wrong in ({"reason": "tired"}, {"note": "手机 13800000000"}, {"reason": None}):
        refused = post(branch, body | wrong, address=address)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-body")
    answer = post(branch, body, address=address)
    assert (answer.status_code, answer.json()["visit_id"]) == (201, visit)
    shown = branch.ask("get_visits", branch.headers("auditor")).json()
    (seen,) = (each for each in shown if each["visit_id"] == visit)
    assert seen["counts"] is False
    told = {name: seen["withdrawal"][name] for name in ("withdrawn_by", "reason", "note")}
    assert told == {"withdrawn_by": "officer.all", **body}
    assert post(branch, body, address=address).json()["type"] == "/problems/already-withdrawn"
