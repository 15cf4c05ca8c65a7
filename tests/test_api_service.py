"""The service over real HTTP: its answers, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
import rfc8785
from click.testing import CliRunner

from api.serving import HEAD_SECONDS
from benchmarks.running_service import home_to_write_in
from cli.serve import command as serve_command

ASKED = {"member_id": "", "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
ID_NUMBER = "999901197001010014"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "serve.log"


@pytest.fixture(scope="module")
def service(
    published_home: Path, log: Path, bearer: Callable[..., dict[str, str]]
) -> Iterator[httpx.Client]:
    port, home = _free_port(), home_to_write_in(published_home, log.parent)
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    environment = {**os.environ, "RONGZI_HOME": str(home), "RONGZI_RATE_BURST": "1000000"}
    with log.open("w") as errors, subprocess.Popen(command, stderr=errors, env=environment) as run:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers=bearer(home, "officer"),
            trust_env=False,
        ) as client:
            _wait_until_live(client, run)
            yield client
        run.terminate()


@pytest.fixture(scope="module")
def rows(published_home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(published_home / "rows.parquet").to_pylist()
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_live(client: httpx.Client, run: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if run.poll() is not None:
            break
        try:
            client.get("/live")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service did not start")


def _decide(service: httpx.Client, **asked: Any) -> httpx.Response:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return service.post("/v1/decisions", json={**ASKED, **asked}, headers=key)


def test_the_service_is_ready_and_says_with_what(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    found = service.get("/ready")
    assert found.status_code == 200
    assert found.json() == {
        "ready": True,
        "as_of": "2023-10-01",
        "policy_digest": rows[0]["policy_digest"],
        "card_digest": rows[0]["card_digest"],
        "members": 1_200,
        "waiting": [],
    }


def test_both_ways_to_a_decision_give_the_same_answer(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    asked = {**ASKED, "member_id": rows[0]["member_id"]}
    key = ("Idempotency-Key", str(uuid.uuid4()))
    direct = service.post("/v1/decisions", json=asked, headers=[key])
    # A header given twice is nothing that the short way takes.
    solved = service.post("/v1/decisions", json=asked, headers=[key, key])
    assert direct.status_code == solved.status_code == 200
    assert solved.headers["Idempotent-Replayed"] == "true"
    assert solved.content == direct.content


SAME = (
    "tier", "points", "pd", "grade", "limit_yuan", "annual_rate", "months", "repayment",
    "limit_bound_by", "policy_digest", "card_digest",
)  # fmt: skip


def test_http_equals_the_batch_field_by_field_for_1000_members(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    for row in rows[:1_000]:
        asked = {"member_id": row["member_id"], "amount_yuan": max(row["limit_yuan"], 3_000)}
        answer = _decide(service, **asked, months=row["months"] or 12).json()
        assert {name: answer[name] for name in SAME} == {name: row[name] for name in SAME}
        assert answer["as_of"] == row["as_of"].isoformat()
        told = [(reason["code"], reason["points_lost"]) for reason in answer["reasons"]]
        assert told == [
            (row[f"reason_{i}"], row[f"points_lost_{i}"])
            for i in (1, 2, 3, 4)
            if row[f"reason_{i}"]
        ]
        assert {each["code"] for each in answer["knock_outs"]} >= set(row["knock_outs"])


def test_a_member_is_told_as_the_batch_row_says(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    for row in rows[::40]:
        member = service.get(f"/v1/members/{row['member_id']}").json()
        assert {name: member[name] for name in SAME} == {name: row[name] for name in SAME}
        assert [each["code"] for each in member["knock_outs"]] == row["knock_outs"]
        assert member["place"]["village_code"] == row["village_code"]


def test_a_first_tier_member_who_asks_within_the_limit_is_approved(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    first = next(row for row in rows if row["tier"] == "FIRST" and row["limit_yuan"])
    asked = {"member_id": first["member_id"], "months": first["months"]}
    within = _decide(service, **asked, amount_yuan=first["limit_yuan"]).json()
    above = _decide(service, **asked, amount_yuan=first["limit_yuan"] + 1).json()
    assert (within["outcome"], within["knock_outs"]) == ("APPROVE", [])
    assert above["outcome"] == "REFER"
    assert [each["code"] for each in above["knock_outs"]] == ["AMOUNT_ABOVE_LIMIT"]
    assert within["decision_id"] != above["decision_id"]


def test_a_member_without_consent_is_declined_for_it_and_never_scored(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    silent = [row for row in rows if "NO_CONSENT" in row["knock_outs"]]
    assert silent
    for row in silent[:20]:
        answer = _decide(service, member_id=row["member_id"]).json()
        assert answer["outcome"] == "DECLINE"
        assert (answer["points"], answer["pd"], answer["grade"]) == (None, None, None)
        assert answer["reasons"] == []
        assert "NO_CONSENT" in [each["code"] for each in answer["knock_outs"]]


def test_a_decision_explains_itself_in_both_languages(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    poor = next(row for row in rows if row["reason_2"] and row["tier"] == "THIRD")
    answer = _decide(service, member_id=poor["member_id"]).json()
    assert all(each["zh"] and each["en"] for each in answer["reasons"] + answer["knock_outs"])
    lost = [each["points_lost"] for each in answer["reasons"]]
    assert lost == sorted(lost, reverse=True)


def test_an_unknown_member_is_not_found(service: httpx.Client) -> None:
    for found in (_decide(service, member_id="NOBODY"), service.get("/v1/members/NOBODY")):
        assert found.status_code == 404
        assert found.json()["type"] == "/problems/unknown-member"


def test_identity_is_masked(service: httpx.Client, rows: list[dict[str, Any]]) -> None:
    for row in rows[:50]:
        identity = service.get(f"/v1/members/{row['member_id']}").json()["identity"]
        assert identity["id_number"][3:-4] == "*" * 11
        assert identity["name"].endswith("*")
        assert identity["phone"] is None or identity["phone"][3:-4] == "****"


def test_attributes_kept_for_audits_alone_are_not_told(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    profile = service.get(f"/v1/members/{rows[0]['member_id']}").json()["profile"]
    assert not {"gender", "age_years", "education", "household_size"} & profile.keys()
    assert "bills_on_time_share_12m" in profile


def test_pages_follow_each_other_to_the_whole_edition(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    assert _all_pages(service, page_size=370) == sorted(
        (_as_json(row) for row in rows), key=lambda row: (row["village_code"], row["member_id"])
    )


@pytest.mark.parametrize("tier", ["FIRST", "SECOND", "THIRD", "NONE"])
def test_a_page_can_be_narrowed_to_tier_and_place(
    service: httpx.Client, rows: list[dict[str, Any]], tier: str
) -> None:
    place = next(row for row in rows if row["tier"] == tier)
    for level, digits in (("county", 6), ("township", 9), ("village", 12)):
        code = place["village_code"][:digits]
        found = _all_pages(service, tier=tier, page_size=7, **{level: code})
        assert {row["member_id"] for row in found} == {
            row["member_id"]
            for row in rows
            if row["tier"] == tier and row["village_code"].startswith(code)
        }


def test_the_funnel_adds_up_at_every_level(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    (total,) = service.get("/v1/whitelist/funnel?level=total").json()["rows"]
    assert total["members"] == len(rows)
    for tier in ("FIRST", "SECOND", "THIRD", "NONE"):
        assert total[tier.lower()] == sum(row["tier"] == tier for row in rows)
    steps = [name for name, value in total.items() if isinstance(value, int)]
    for level in ("county", "township", "village"):
        places = service.get(f"/v1/whitelist/funnel?level={level}").json()["rows"]
        assert all(place["county"] for place in places)
        for step in steps:
            assert sum(place[step] for place in places) == total[step]


def test_policy_and_scorecard_are_those_of_the_digests(
    service: httpx.Client, rows: list[dict[str, Any]]
) -> None:
    policy, card = service.get("/v1/policy").json(), service.get("/v1/scorecard").json()
    assert policy["policy_digest"] == rows[0]["policy_digest"]
    assert hashlib.sha256(rfc8785.dumps(policy["in_force"])).hexdigest() == policy["policy_digest"]
    assert hashlib.sha256(rfc8785.dumps(card["card"])).hexdigest() == rows[0]["card_digest"]
    assert card["approved_by"] == "Tester"


HOSTILE: dict[str, tuple[bytes, int]] = {
    "NaN": (b'{"member_id": "%s", "amount_yuan": NaN}', 400),
    "1e999": (b'{"member_id": "%s", "amount_yuan": 1e999}', 400),
    "a name twice": (b'{"member_id": "%s", "member_id": "x"}', 400),
    "a lone surrogate": (b'{"member_id": "%s\\ud800"}', 400),
    "NUL": (b'{"member_id": "%s\\u0000"}', 400),
    "depth": (b'{"member_id": "%s", "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}", 400),
    "half a body": (b'{"member_id": "%s"', 400),
    "UTF-16": ('{"member_id": "999901197001010014"}'.encode("utf-16"), 400),
    "a list": (b'["%s"]', 422),
    "null": (b"null", 422),
    "a text": (b'"%s"', 422),
    "nothing": (b"", 422),
    "no field": (b"{}", 422),
    "an unknown field": (
        b'{"member_id": "MEMBER", "amount_yuan": 1, "months": 1, "purpose": "inputs", "%s": 1}',
        422,
    ),
    "an amount as text": (
        b'{"member_id": "MEMBER", "amount_yuan": "1", "months": 1, "purpose": "%s"}',
        422,
    ),
    "an amount with decimals": (
        b'{"member_id": "MEMBER", "amount_yuan": 1.0, "months": 1, "purpose": "%s"}',
        422,
    ),
    "an amount of true": (
        b'{"member_id": "MEMBER", "amount_yuan": true, "months": 1, "purpose": "%s"}',
        422,
    ),
    "an amount of nothing": (
        b'{"member_id": "MEMBER", "amount_yuan": 0, "months": 1, "purpose": "%s"}',
        422,
    ),
    "a huge amount": (
        b'{"member_id": "MEMBER", "amount_yuan": 1'
        + b"0" * 400
        + b', "months": 1, "purpose": "%s"}',
        422,
    ),
    "a term too long": (
        b'{"member_id": "MEMBER", "amount_yuan": 1, "months": 61, "purpose": "%s"}',
        422,
    ),
    "an unknown purpose": (
        b'{"member_id": "MEMBER", "amount_yuan": 1, "months": 1, "purpose": "%s"}',
        422,
    ),
    "a path as member id": (
        b'{"member_id": "../%s", "amount_yuan": 1, "months": 1, "purpose": "inputs"}',
        422,
    ),
    "a member id that breaks the line": (
        b'{"member_id": "%s\\n", "amount_yuan": 1, "months": 1, "purpose": "inputs"}',
        422,
    ),
    "a member id in Chinese": (
        '{"member_id": "张三%s", "amount_yuan": 1, "months": 1, "purpose": "inputs"}'.encode(),
        422,
    ),
    "too large": (b'{"member_id": "%s", "x": "' + b"y" * 20_000 + b'"}', 413),
}


@pytest.mark.parametrize(("body", "status"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_a_typed_problem_that_repeats_nothing(
    service: httpx.Client, rows: list[dict[str, Any]], log: Path, body: bytes, status: int
) -> None:
    member = rows[0]["member_id"].encode()
    found = service.post(
        "/v1/decisions",
        content=body.replace(b"%s", ID_NUMBER.encode()).replace(b"MEMBER", member),
        headers={"content-type": "application/json"},
    )
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["status"] == status
    assert ID_NUMBER not in found.text
    assert ID_NUMBER not in log.read_text()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
def test_another_content_type_is_refused(service: httpx.Client, headers: dict[str, str]) -> None:
    found = service.post("/v1/decisions", content=json.dumps(ASKED).encode(), headers=headers)
    assert found.status_code == 415
    assert found.json()["type"] == "/problems/unsupported-media-type"


def test_every_wrong_field_is_named_with_what_is_expected(service: httpx.Client) -> None:
    found = _decide(service, member_id="", amount_yuan=-1, months="12", purpose=None, x=1).json()
    assert [error["field"] for error in found["errors"]] == [
        "member_id", "amount_yuan", "months", "purpose", "body",
    ]  # fmt: skip
    assert all(error["expected"] and error["expected_zh"] for error in found["errors"])


@pytest.mark.parametrize("key", [b"", b"two words", b"x" * 129, b"caf\xe9", b"a\tb"])
def test_an_idempotency_key_must_be_printable_and_short(
    service: httpx.Client, rows: list[dict[str, Any]], key: bytes
) -> None:
    headers, member = {b"Idempotency-Key": key}, rows[0]["member_id"]
    found = service.post("/v1/decisions", json=ASKED | {"member_id": member}, headers=headers)
    assert found.status_code == 422
    assert found.json()["errors"][0]["field"] == "Idempotency-Key"


BAD_ADDRESSES = {
    "/v1/whitelist?county=37": 422,
    "/v1/whitelist?county=37152%D9%A2": 422,
    "/v1/whitelist?tier=first": 422,
    "/v1/whitelist?page_size=0": 422,
    "/v1/whitelist?page_size=501": 422,
    "/v1/whitelist?page_size=%2B5": 422,
    "/v1/whitelist?page_size=5.0": 422,
    "/v1/whitelist?page_size=1_0": 422,
    "/v1/whitelist?cursor=NOBODY": 422,
    "/v1/whitelist?tier=FIRST&tier=NONE": 422,
    f"/v1/whitelist?id_number={ID_NUMBER}": 422,
    "/v1/whitelist/funnel?level=street": 422,
    "/v1/policy?on=2023-10-01": 422,
    "/v1/members/%00": 422,
    f"/v1/members/{'x' * 65}": 422,
    "/v1/members/..%2F..%2Fetc%2Fpasswd": 404,
    "/v1/members/": 404,
    "/v1/members": 404,
    "/v1/ledger": 404,
    "/docs": 404,
    "/problems/no-such": 404,
}


@pytest.mark.parametrize(("address", "status"), BAD_ADDRESSES.items())
def test_a_wrong_address_or_parameter_is_a_typed_problem(
    service: httpx.Client, address: str, status: int
) -> None:
    found = service.get(address)
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    assert ID_NUMBER not in found.text


def test_a_wrong_method_is_refused_with_the_right_ones(service: httpx.Client) -> None:
    found = service.delete("/v1/decisions")
    assert (found.status_code, found.headers["allow"]) == (405, "POST")
    assert found.json()["type"] == "/problems/method-not-allowed"


def test_every_problem_type_is_an_address_that_explains_it(service: httpx.Client) -> None:
    problem = service.get("/nowhere").json()
    assert service.get(problem["type"]).json() == problem


def test_personal_data_is_never_cached(service: httpx.Client) -> None:
    assert service.get("/v1/whitelist").headers["cache-control"] == "no-store"


def test_the_log_names_routes_and_not_members(
    service: httpx.Client, rows: list[dict[str, Any]], log: Path
) -> None:
    member = rows[7]["member_id"]
    service.get(f"/v1/members/{member}")
    service.get(f"/v1/whitelist?county={rows[7]['county_code']}&cursor={member}")
    written = log.read_text()
    assert '"route": "/v1/members/{member_id}", "status": 200' in written
    assert member not in written
    assert "county=" not in written


def test_the_service_refuses_to_listen_beyond_this_machine_unasked() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        found = CliRunner().invoke(serve_command, ["--host", host])
        assert found.exit_code == 2
        assert "--allow-remote" in found.stderr


def test_a_name_is_no_address_to_listen_at() -> None:
    found = CliRunner().invoke(serve_command, ["--host", "example.org", "--allow-remote"])
    assert found.exit_code == 2
    assert "no IP address" in found.stderr


def test_a_port_in_use_is_named(service: httpx.Client) -> None:
    found = CliRunner().invoke(serve_command, ["--port", str(service.base_url.port)])
    assert found.exit_code == 1
    assert f"port {service.base_url.port}" in found.stderr


def test_a_client_that_never_ends_its_head_is_cut(service: httpx.Client) -> None:
    url = service.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=HEAD_SECONDS + 15) as slow:
        slow.sendall(b"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX: ")
        began = time.monotonic()
        assert b" 200 " not in slow.recv(1_000)
        assert time.monotonic() - began < HEAD_SECONDS + 10


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
    kept = {name: value for name, value in row.items() if not name.startswith("points_lost")}
    return {**kept, "as_of": row["as_of"].isoformat()}
