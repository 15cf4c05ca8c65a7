"""Differences over HTTP: listed by place, settled by a reviewer, on record."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.support.bank import report_loan
from tests.support.fixtures.branch import ELSEWHERE, Branch

_KEYS = count()


def post(branch: Branch, found: dict[str, Any], *roles: str, **body: Any) -> Any:
    address = (
        f"/v1/members/{branch.member['member_id']}/differences/{found['difference_id']}/settlement"
    )
    seen = {name: found[name] for name in ("bank_yuan", "ledger_yuan")}
    sent = {"side": "LEDGER", **seen, "note": "核对了银行回单", **body}
    headers = branch.headers(*roles) | {"Idempotency-Key": f"settle-{next(_KEYS)}"}
    return branch.loop.run_until_complete(branch.client.post(address, json=sent, headers=headers))


def listed(branch: Branch, *roles: str, query: str = "", **places: Any) -> list[dict[str, Any]]:
    answer = branch.send("get", f"/v1/differences{query}", branch.headers(*roles, **places))
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


@pytest.fixture(scope="module")
def found(branch: Branch) -> dict[str, Any]:
    """One difference: the bank lent 4,000 yuan of which the ledger knows nothing."""
    report_loan(branch, "L-9", 4_000)
    (row,) = listed(branch, "reviewer")
    return row


def test_a_reviewer_settles_what_an_officer_only_sees(
    branch: Branch, found: dict[str, Any]
) -> None:
    assert (found["kinds"], found["exposure_yuan"]) == (["LOAN_WITHOUT_PAYMENT"], 4_000)
    assert found["member_id"] == branch.member["member_id"]
    assert listed(branch, "officer") == [found]
    assert post(branch, found, "officer").status_code == 403
    changed = post(branch, found, "reviewer", bank_yuan=3_999)
    assert (changed.status_code, changed.json()["type"]) == (409, "/problems/difference-changed")
    answer = post(branch, found, "reviewer")
    assert (answer.status_code, answer.json()["exposure_yuan"]) == (201, 0)
    assert listed(branch, "officer") == []
    (row,) = listed(branch, "auditor", query="?settled=true")
    assert (row["side"], row["settled_by"]) == ("LEDGER", "reviewer.all")


def test_a_caller_of_another_place_sees_none(branch: Branch, found: dict[str, Any]) -> None:
    for query in ("", "?settled=true"):
        assert listed(branch, "auditor", query=query, places=(ELSEWHERE,)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"side": "NOBODY"}, {"bank_yuan": -1}, {"note": "电话 13800000000"}, {"note": "短"},
     {"ledger_yuan": "0"}, {"roles": ["admin"]}],
)  # fmt: skip
def test_a_settlement_of_another_form_is_refused_with_the_field(
    branch: Branch, found: dict[str, Any], wrong: dict[str, Any]
) -> None:
    answer = post(branch, found, "reviewer", **wrong)
    assert answer.status_code == 422
    if "roles" not in wrong:  # a name that no body has is not repeated
        assert next(iter(wrong)) in answer.text


def test_who_looked_at_the_list_is_on_record(branch: Branch, found: dict[str, Any]) -> None:
    listed(branch, "reviewer")
    records = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert "list_differences" in {record["route"] for record in records}


def test_the_portfolio_and_the_concentration_are_answered(
    branch: Branch, found: dict[str, Any]
) -> None:
    for address in ("/v1/portfolio?level=total", "/v1/concentration?level=total"):
        answer = branch.send("get", address, branch.headers("auditor"))
        assert answer.status_code == 200, answer.text
        assert "exposure_yuan" in answer.json()["rows"][0]
