"""Access records: actor, route, place and number of people."""

from __future__ import annotations

import json

from tests.support.fixtures.branch import ELSEWHERE, Branch


def test_every_access_to_a_person_is_recorded_and_identifies_nobody(branch: Branch) -> None:
    auditor, place = branch.headers("auditor"), branch.member["village_code"]
    answer = branch.ask("get_member", branch.headers("officer") | {"X-Request-Id": "access-one"})
    assert answer.status_code == 200
    member = branch.member["member_id"]
    (last, *_) = branch.send("get", f"/v1/accesses?member_id={member}", auditor).json()["rows"]
    assert last["route"] == "get_member"
    assert (last["actor"], last["place_code"], last["persons"]) == ("officer.all", place, 1)
    assert last["request_id"] == "access-one"
    assert member not in json.dumps(last)


def test_a_refused_write_that_discloses_a_state_is_recorded(
    branch: Branch,
) -> None:
    """An attempt to give consent discloses whether it is in force already."""
    officer = {**branch.headers("officer"), "Content-Type": "application/json"}
    asked = officer | {"Idempotency-Key": "probe", "X-Request-Id": "probe-by-refusal"}
    answer = branch.post("post_consent", asked, b'{"evidence":"paper"}')
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/consent-unchanged")
    malformed = branch.post("post_consent", asked | {"X-Request-Id": "tells-nothing"}, b"{}")
    assert malformed.status_code == 422
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["request_id"]) == ("post_consent", "probe-by-refusal")
    assert (last["actor"], last["persons"]) == ("officer.all", 1)


def test_a_page_is_recorded_with_the_number_of_people_on_it(branch: Branch) -> None:
    place = branch.member["village_code"][:6]
    headers = branch.headers("reviewer", places=(place,))
    page = branch.send("get", "/v1/whitelist?page_size=7", headers).json()["rows"]
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["place_code"]) == ("get_whitelist", place)
    assert last["persons"] == len(page)
    foreign = branch.headers("auditor", places=(ELSEWHERE,))
    records = branch.send("get", "/v1/accesses", foreign).json()["rows"]
    assert place not in {record["place_code"] for record in records}


def test_access_records_are_read_page_by_page(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    rows = branch.send("get", "/v1/accesses?page_size=500", auditor).json()["rows"]
    numbers, cursor = [], ""
    while cursor is not None:
        page = branch.send("get", f"/v1/accesses?page_size=3{cursor}", auditor).json()
        numbers += [row["number"] for row in page["rows"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert numbers == [row["number"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
