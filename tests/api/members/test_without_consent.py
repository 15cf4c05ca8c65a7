"""What a member's page shows without consent: identity, place and that there is no consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch


def test_a_member_without_consent_shows_identity_and_consent_only(branch: Branch) -> None:
    rows = pq.read_table(branch.home / "rows.parquet").to_pylist()
    silent = [row["member_id"] for row in rows if "NO_CONSENT" in row["knock_outs"]]
    officer = branch.headers("officer")
    pages = []
    for member in silent[:8]:
        found = branch.ask("get_member", officer, member_id=member).json()
        assert found["profile"] == {}
        assert found["identity"].keys() == {"name", "id_number", "phone"}
        for personal in ("identity", "place", "member_id"):
            del found[personal]
        pages.append(json.dumps(found))
    # Whoever it is, the page says the same.
    assert len(set(pages)) == 1
    standing = json.loads(pages[0])
    assert [each["code"] for each in standing["knock_outs"]] == ["NO_CONSENT"]
    assert (standing["tier"], standing["limit_yuan"], standing["points"]) == ("NONE", 0, None)


def test_a_withdrawal_at_the_counter_empties_the_page_at_once(branch: Branch) -> None:
    officer, member = branch.headers("officer"), branch.member["member_id"]
    assert branch.ask("get_member", officer).json()["profile"]
    address = branch.address("post_consent_withdrawal", {"member_id": member})
    done = branch.loop.run_until_complete(
        branch.client.post(
            address, json={"evidence": "paper"}, headers=officer | {"Idempotency-Key": "withdraw"}
        )
    )
    assert done.status_code == 201, done.text
    found = branch.ask("get_member", officer).json()
    assert (found["profile"], found["tier"], found["limit_yuan"]) == ({}, "NONE", 0)


def _withdraw(branch: Branch, key: str) -> None:
    address = branch.address("post_consent_withdrawal", {"member_id": branch.member["member_id"]})
    headers = branch.headers("officer", account="teller-9") | {"Idempotency-Key": key}
    sent = branch.client.post(address, json={"evidence": "paper"}, headers=headers)
    done = branch.loop.run_until_complete(sent)
    assert done.status_code == 201, done.text


def _get(branch: Branch, path: str, who: str = "officer") -> Any:
    sent = branch.client.get(path, headers=branch.headers(who))
    answer = branch.loop.run_until_complete(sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _listed(branch: Branch, path: str) -> list[str]:
    return [row["member_id"] for row in _get(branch, path)["rows"]]


def _search(branch: Branch) -> dict[str, Any]:
    """Return the member as a search of the village finds it."""
    found = _found(branch)
    assert found, "the member is not found"
    return found


def _is_found(branch: Branch) -> bool:
    return _found(branch) is not None


def _found(branch: Branch) -> dict[str, Any] | None:
    village, member = branch.member["village_code"], branch.member["member_id"]
    cursor = None
    while True:
        body = {"village": village} | ({"cursor": cursor} if cursor else {})
        sent = branch.client.post(
            "/v1/members/search", json=body, headers=branch.headers("officer", account="finder")
        )
        page = branch.loop.run_until_complete(sent).json()
        for row in page["rows"]:
            if row["member_id"] == member:
                return dict(row)
        cursor = page["next_cursor"]
        if not cursor:
            return None


def _free_of_debt(branch: Branch) -> Iterator[dict[str, Any]]:
    """Yield members of the first tier who owe nothing and of whom nobody asked anything yet."""
    for row in _get(branch, "/v1/whitelist?tier=FIRST&page_size=500")["rows"]:
        shown = _get(branch, f"/v1/members/{row['member_id']}")
        if shown["profile"].get("balance_outstanding") == 0:
            yield row


def test_after_a_withdrawal_no_list_shows_a_value_of_the_member(branch: Branch) -> None:
    branch.member = next(_free_of_debt(branch))
    member, village = branch.member["member_id"], branch.member["village_code"]
    row_before, before = branch.member, _search(branch)
    assert (before["has_consent"], before["tier"]) == (True, "FIRST")
    asked = {"member_id": member, "amount_yuan": 2_000, "months": 12, "purpose": "inputs"}
    headers = branch.headers("officer", account="asker") | {"Idempotency-Key": "asked"}
    sent = branch.client.post("/v1/decisions", json=asked, headers=headers)
    decided = branch.loop.run_until_complete(sent).json()["decision_id"]
    full = _get(branch, f"/v1/decisions/{decided}/explanation", "reviewer")
    assert full["counted"]
    _withdraw(branch, "withdraw-2")

    listed = _get(branch, f"/v1/whitelist?village={village}&page_size=500")["rows"]
    (row,) = [each for each in listed if each["member_id"] == member]
    assert row["knock_outs"] == ["NO_CONSENT"]
    values = ("points", "pd", "grade", "annual_rate", "months", "reason_1", "limit_bound_by")
    assert {name: row[name] for name in values} == dict.fromkeys(values)
    assert (row["tier"], row["limit_yuan"]) == ("NONE", 0)
    first = _get(branch, f"/v1/whitelist?village={village}&tier=FIRST&page_size=500")["rows"]
    assert member not in [each["member_id"] for each in first]
    found = _search(branch)
    assert (found["has_consent"], found["tier"], found["limit_yuan"]) == (False, "NONE", 0)
    assert _get(branch, f"/v1/members/{member}/household")["borrower"] is None
    moved = _get(branch, f"/v1/whitelist/changes?village={village}&page_size=500")["rows"]
    assert member not in [each["member_id"] for each in moved]
    told = _get(branch, f"/v1/decisions/{decided}/explanation", "reviewer")
    assert (told["counted"], told["missing"], told["proposals"]) == ([], [], [])
    assert "capacity" not in told
    assert told["answer"] == "您已撤回授权，这笔申请不再发放，其他内容不再说明。"
    assert len(told["rules"]) == 1
    asked_before = _get(branch, f"/v1/decisions?member_id={member}", "auditor")["rows"]
    assert [(each["decision_id"], each["tier"], each["points"]) for each in asked_before] == [
        (decided, "NONE", None)
    ]
    kept = _get(branch, f"/v1/decisions/{decided}", "auditor")
    assert (kept["outcome"], kept["answer"]["points"]) == (full["outcome"], row_before["points"])
    _assert_told_to_auditors_alone(branch, decided, kept["answer"])


def _assert_told_to_auditors_alone(branch: Branch, decided: str, kept: dict[str, Any]) -> None:
    """The answer on record, by API and on the page: whole to an auditor, no value to others."""
    points, offer = f"<dd>{kept['points']}</dd>", f">¥{kept['limit_yuan']:,}</dd>"
    told = ("decision_id", "outcome", "as_of", "policy_digest", "card_digest", "valid_until")
    nothing = {"tier": "NONE", "limit_yuan": 0, "reasons": [], "knock_outs": []}
    expected = dict.fromkeys(kept) | {name: kept[name] for name in told} | nothing
    path = f"/console/decisions/{decided}"
    for role in ("officer", "reviewer"):
        assert _get(branch, f"/v1/decisions/{decided}", role)["answer"] == expected
        page = Visitor.of(branch, role).get(path)
        assert page.status_code == 200
        assert not any(each in page.text for each in (points, offer, "tier-first", "tier-none"))
        assert Visitor.of(branch, role).get(f"{path}/notice").status_code == 200
    page = Visitor.of(branch, "auditor").get(path).text
    assert all(each in page for each in (points, offer, "tier-first"))


def test_a_decision_on_an_erased_person_tells_county_and_outcome_only(
    branch: Branch,
) -> None:
    branch.member = next(_free_of_debt(branch))
    member, village = branch.member["member_id"], branch.member["village_code"]
    asked = {"member_id": member, "amount_yuan": 2_000, "months": 12, "purpose": "inputs"}
    assert member in _listed(branch, f"/v1/whitelist?village={village}&page_size=500")
    assert member in _listed(branch, f"/v1/whitelist/changes?village={village}&page_size=500")
    assert _is_found(branch)
    headers = branch.headers("officer", account="asker") | {"Idempotency-Key": "asked-2"}
    sent = branch.client.post("/v1/decisions", json=asked, headers=headers)
    decided = branch.loop.run_until_complete(sent).json()["decision_id"]
    headers = branch.headers("reviewer", account="reviewer-1") | {"Idempotency-Key": "erase"}
    sent = branch.client.post(f"/v1/members/{member}/erasure", json={}, headers=headers)
    done = branch.loop.run_until_complete(sent)
    assert done.status_code == 200, done.text

    assert member not in _listed(branch, f"/v1/whitelist?village={village}&page_size=500")
    assert member not in _listed(branch, f"/v1/whitelist/changes?village={village}&page_size=500")
    assert member not in _listed(branch, f"/v1/villages/{village}/sheet?page_size=50")
    assert not _is_found(branch)
    records = _get(branch, f"/v1/accesses?member_id={member}", "auditor")["rows"]
    done_by = [each["actor"] for each in records if each["route"] == "post_member_erasure"]
    assert done_by == ["reviewer-1"]

    decisions = _get(branch, "/v1/decisions?page_size=200", "auditor")["rows"]
    (row,) = [each for each in decisions if each["decision_id"] == decided]
    assert (row["place_code"], row["tier"], row["points"]) == (village[:6], "NONE", None)
    answer = _get(branch, f"/v1/decisions/{decided}", "auditor")["answer"]
    assert answer["outcome"] == row["outcome"]
    figures = ("points", "pd", "grade", "annual_rate", "months", "limit_bound_by")
    assert {name: answer[name] for name in figures} == dict.fromkeys(figures)
    assert (answer["tier"], answer["limit_yuan"], answer["reasons"]) == ("NONE", 0, [])
