"""The record of looks at people's data: who looked at whom, by which route, and how many."""

from __future__ import annotations

import json

from tests.support.fixtures.branch import ELSEWHERE, Branch


def test_every_look_at_a_person_is_on_record_and_names_nobody(branch: Branch) -> None:
    auditor, place = branch.headers("auditor"), branch.member["village_code"]
    asked = branch.ask("get_member", branch.headers("officer") | {"X-Request-Id": "look-at-one"})
    assert asked.status_code == 200
    member = branch.member["member_id"]
    (last, *_) = branch.send("get", f"/v1/accesses?member_id={member}", auditor).json()["rows"]
    assert last["route"] == "get_member"
    assert (last["actor"], last["place_code"], last["persons"]) == ("officer.all", place, 1)
    assert last["request_id"] == "look-at-one"
    assert member not in json.dumps(last)


def test_a_write_refused_by_how_things_stand_is_on_record_for_the_refusal_tells_it(
    branch: Branch,
) -> None:
    """Who asks whether consent stands by trying to give it has looked, too."""
    officer = {**branch.headers("officer"), "Content-Type": "application/json"}
    asked = officer | {"Idempotency-Key": "probe", "X-Request-Id": "probe-by-refusal"}
    told = branch.post("post_consent", asked, b'{"evidence":"paper"}')
    assert (told.status_code, told.json()["type"]) == (409, "/problems/consent-unchanged")
    malformed = branch.post("post_consent", asked | {"X-Request-Id": "tells-nothing"}, b"{}")
    assert malformed.status_code == 422
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["request_id"]) == ("post_consent", "probe-by-refusal")
    assert (last["actor"], last["persons"]) == ("officer.all", 1)


def test_a_page_is_on_record_with_how_many_it_told_of(branch: Branch) -> None:
    place = branch.member["village_code"][:6]
    headers = branch.headers("reviewer", places=(place,))
    page = branch.send("get", "/v1/whitelist?page_size=7", headers).json()["rows"]
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["place_code"]) == ("get_whitelist", place)
    assert last["persons"] == len(page)
    foreign = branch.headers("auditor", places=(ELSEWHERE,))
    looks = branch.send("get", "/v1/accesses", foreign).json()["rows"]
    assert place not in {look["place_code"] for look in looks}


def test_the_record_is_read_page_by_page(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    whole = branch.send("get", "/v1/accesses?page_size=500", auditor).json()["rows"]
    numbers, cursor = [], ""
    while cursor is not None:
        page = branch.send("get", f"/v1/accesses?page_size=3{cursor}", auditor).json()
        numbers += [row["number"] for row in page["rows"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert numbers == [row["number"] for row in whole]
    assert numbers == sorted(numbers, reverse=True)
