"""The service over real HTTP: its answers equal the batch, field by field."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785

from api.access.enforce import enforce
from api.core.settings import Settings
from api.http.openapi import refuse_undeclared_query
from api.server.app import create_app
from tests.support.fixtures.service import ASKED, decide


def test_the_service_is_ready_and_names_its_resources(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    answer = service.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "as_of": "2023-10-01",
        "policy_digest": published_rows[0]["policy_digest"],
        "card_digest": published_rows[0]["card_digest"],
        "members": 1_200,
        "waiting": [],
        "demo_day": "2023-10-09",
        "edition_age_days": 8,
        "edition_use": "fresh",
    }


def test_a_key_given_twice_is_refused_even_if_both_are_equal(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    asked = {**ASKED, "member_id": published_rows[0]["member_id"]}
    key = ("Idempotency-Key", str(uuid.uuid4()))
    twice = service.post("/v1/decisions", json=asked, headers=[key, key])
    assert (twice.status_code, twice.json()["type"]) == (400, "/problems/repeated-header")
    once = service.post("/v1/decisions", json=asked, headers=[key])
    assert (once.status_code, once.headers.get("Idempotent-Replayed")) == (200, None)


def test_the_route_of_decisions_leaves_out_no_dependency(tmp_path: Path) -> None:
    """`DecisionRoute` calls these by name; a new dependency must be added there as well."""
    app = create_app(Settings(tmp_path))
    asked = [each.dependency for each in app.router.dependencies]
    assert asked == [enforce, refuse_undeclared_query]


SAME = (
    "tier", "points", "pd", "grade", "limit_yuan", "annual_rate", "months", "repayment",
    "limit_bound_by", "policy_digest", "card_digest",
)  # fmt: skip


def test_http_equals_the_batch_field_by_field_for_1000_members(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    for row in published_rows[:1_000]:
        asked = {"member_id": row["member_id"], "amount_yuan": max(row["limit_yuan"], 3_000)}
        answer = decide(service, **asked, months=row["months"] or 12).json()
        assert {name: answer[name] for name in SAME} == {name: row[name] for name in SAME}
        assert answer["as_of"] == row["as_of"].isoformat()
        reasons = [(reason["code"], reason["points_lost"]) for reason in answer["reasons"]]
        assert reasons == [
            (row[f"reason_{i}"], row[f"points_lost_{i}"])
            for i in (1, 2, 3, 4)
            if row[f"reason_{i}"]
        ]
        assert {each["code"] for each in answer["knock_outs"]} >= set(_shown(row))


def _shown(row: dict[str, Any]) -> list[str]:
    """Return the grounds that are shown: without consent, that alone."""
    codes: list[str] = row["knock_outs"]
    return ["NO_CONSENT"] if "NO_CONSENT" in codes else codes


def test_a_member_view_equals_the_batch_row(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    for row in published_rows[::40]:
        member = service.get(f"/v1/members/{row['member_id']}").json()
        assert {name: member[name] for name in SAME} == {name: row[name] for name in SAME}
        assert [each["code"] for each in member["knock_outs"]] == _shown(row)
        assert member["place"]["village_code"] == row["village_code"]


def test_a_first_tier_member_within_the_limit_is_approved(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    first = next(row for row in published_rows if row["tier"] == "FIRST" and row["limit_yuan"])
    asked = {"member_id": first["member_id"], "months": first["months"]}
    within = decide(service, **asked, amount_yuan=first["limit_yuan"]).json()
    above = decide(service, **asked, amount_yuan=first["limit_yuan"] + 1).json()
    assert (within["outcome"], within["knock_outs"]) == ("APPROVE", [])
    assert above["outcome"] == "REFER"
    assert [each["code"] for each in above["knock_outs"]] == ["AMOUNT_ABOVE_LIMIT"]
    assert within["decision_id"] != above["decision_id"]


def test_a_member_without_consent_is_declined_for_that_reason_and_never_scored(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    silent = [row for row in published_rows if "NO_CONSENT" in row["knock_outs"]]
    assert silent
    for row in silent[:20]:
        answer = decide(service, member_id=row["member_id"]).json()
        assert answer["outcome"] == "DECLINE"
        assert (answer["points"], answer["pd"], answer["grade"]) == (None, None, None)
        assert answer["reasons"] == []
        assert "NO_CONSENT" in [each["code"] for each in answer["knock_outs"]]


def test_a_decision_explains_itself_in_both_languages(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    poor = next(row for row in published_rows if row["reason_2"] and row["tier"] == "THIRD")
    answer = decide(service, member_id=poor["member_id"]).json()
    assert all(each["zh"] and each["en"] for each in answer["reasons"] + answer["knock_outs"])
    lost = [each["points_lost"] for each in answer["reasons"]]
    assert lost == sorted(lost, reverse=True)


def test_an_unknown_member_is_not_found(service: httpx.Client) -> None:
    for answer in (decide(service, member_id="NOBODY"), service.get("/v1/members/NOBODY")):
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/unknown-member"


def test_identity_is_masked(service: httpx.Client, published_rows: list[dict[str, Any]]) -> None:
    for row in published_rows[:50]:
        identity = service.get(f"/v1/members/{row['member_id']}").json()["identity"]
        assert identity["id_number"][3:-4] == "*" * 11
        assert identity["name"].endswith("*")
        assert identity["phone"] is None or identity["phone"][3:-4] == "****"


def test_a_retry_of_a_running_request_gets_a_retry_time(
    service: httpx.Client, service_log: Path, published_rows: list[dict[str, Any]]
) -> None:
    asked = {**ASKED, "member_id": published_rows[1]["member_id"], "amount_yuan": 4_321}
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def ask() -> httpx.Response:
        return service.post("/v1/decisions", json=asked, headers=key)

    ledger = service_log.parent / "home" / "ledger" / "ledger.db"
    with (
        closing(sqlite3.connect(ledger, isolation_level=None)) as other,
        ThreadPoolExecutor() as own,
    ):
        other.execute("BEGIN IMMEDIATE")  # the first waits for it, for up to two seconds
        both = [own.submit(ask), own.submit(ask)]
        (early, *_) = wait(both, return_when=FIRST_COMPLETED).done
        other.execute("ROLLBACK")
        found = sorted((each.result() for each in both), key=lambda answer: answer.status_code)
    assert early.result().json()["type"] == "/problems/in-progress"
    assert [each.status_code for each in found] == [200, 409]
    assert found[1].headers["Retry-After"] == "1"
    assert ask().content == found[0].content


def test_attributes_for_audits_only_are_not_shown(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    profile = service.get(f"/v1/members/{published_rows[0]['member_id']}").json()["profile"]
    assert not {"gender", "age_years", "education", "household_size"} & profile.keys()
    assert "bills_on_time_share_12m" in profile


def test_pages_together_are_the_whole_edition(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    assert _all_pages(service, page_size=370) == [
        _as_shown(row)
        for row in sorted(
            map(_as_json, published_rows), key=lambda row: (row["village_code"], row["member_id"])
        )
    ]


def _as_shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a page shows it: of a member without consent nothing but that."""
    if "NO_CONSENT" not in row["knock_outs"]:
        return row
    return row | {"knock_outs": ["NO_CONSENT"]}


@pytest.mark.parametrize("tier", ["FIRST", "SECOND", "THIRD", "NONE"])
def test_a_page_can_be_filtered_by_tier_and_place(
    service: httpx.Client, published_rows: list[dict[str, Any]], tier: str
) -> None:
    place = next(row for row in published_rows if row["tier"] == tier)
    for level, digits in (("county", 6), ("township", 9), ("village", 12)):
        code = place["village_code"][:digits]
        found = _all_pages(service, tier=tier, page_size=7, **{level: code})
        assert {row["member_id"] for row in found} == {
            row["member_id"]
            for row in published_rows
            if row["tier"] == tier and row["village_code"].startswith(code)
        }


def test_the_funnel_adds_up_at_every_level(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    (total,) = service.get("/v1/whitelist/funnel?level=total").json()["rows"]
    assert total["members"] == len(published_rows)
    for tier in ("FIRST", "SECOND", "THIRD", "NONE"):
        assert total[tier.lower()] == sum(row["tier"] == tier for row in published_rows)
    steps = [name for name, value in total.items() if isinstance(value, int)]
    for level in ("county", "township", "village"):
        places = service.get(f"/v1/whitelist/funnel?level={level}").json()["rows"]
        assert all(place["county"] for place in places)
        for step in steps:
            assert sum(place[step] for place in places) == total[step]


def test_policy_and_scorecard_are_those_of_the_digests(
    service: httpx.Client, published_rows: list[dict[str, Any]]
) -> None:
    policy, card = service.get("/v1/policy").json(), service.get("/v1/scorecard").json()
    assert policy["policy_digest"] == published_rows[0]["policy_digest"]
    assert hashlib.sha256(rfc8785.dumps(policy["in_force"])).hexdigest() == policy["policy_digest"]
    assert (
        hashlib.sha256(rfc8785.dumps(card["card"])).hexdigest() == published_rows[0]["card_digest"]
    )
    assert card["approved_by"] == "Tester"


def _all_pages(service: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = {**query, "cursor": cursor} if cursor else query
        page = service.get("/v1/whitelist", params=asked).json()
        found += page["rows"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in row.items() if not name.startswith("points_lost")}
    return {**fields, "as_of": row["as_of"].isoformat()}
