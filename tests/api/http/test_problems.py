"""Refusals over real HTTP: each is a typed problem that does not quote the input."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from api.server.serve import HEAD_SECONDS
from cli.serve import command as serve_command
from model.errors import LedgerError
from tests.support.fixtures.service import ASKED, ID_NUMBER, decide

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
def test_a_hostile_body_is_answered_by_a_problem_that_does_not_quote_it(
    service: httpx.Client,
    published_rows: list[dict[str, Any]],
    service_log: Path,
    body: bytes,
    status: int,
) -> None:
    member = published_rows[0]["member_id"].encode()
    found = service.post(
        "/v1/decisions",
        content=body.replace(b"%s", ID_NUMBER.encode()).replace(b"MEMBER", member),
        headers={"content-type": "application/json"},
    )
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json()["status"] == status
    assert ID_NUMBER not in found.text
    assert ID_NUMBER not in service_log.read_text()


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
    found = decide(service, member_id="", amount_yuan=-1, months="12", purpose=None, x=1).json()
    assert [error["field"] for error in found["errors"]] == [
        "member_id", "amount_yuan", "months", "purpose", "body",
    ]  # fmt: skip
    assert all(error["expected"] and error["expected_zh"] for error in found["errors"])


@pytest.mark.parametrize("key", [b"", b"two words", b"x" * 129, b"caf\xe9", b"a\tb"])
def test_an_idempotency_key_must_be_printable_and_short(
    service: httpx.Client, published_rows: list[dict[str, Any]], key: bytes
) -> None:
    headers, member = {b"Idempotency-Key": key}, published_rows[0]["member_id"]
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


@pytest.mark.parametrize(
    "number", ["01", "%2B1", "1.0", "1%20", "1_0", "%EF%BC%91", "0", "1000000"]
)
def test_a_payment_has_one_address(
    service: httpx.Client, published_rows: list[dict[str, Any]], number: str
) -> None:
    member = published_rows[0]["member_id"]
    decision = decide(service, member_id=member).json()["decision_id"]
    payments = f"/v1/decisions/{decision}/disbursements"
    for address in (f"{number}/cancellation", f"1/repayments/{number}/cancellation"):
        found = service.post(f"{payments}/{address}", headers={"Idempotency-Key": address})
        assert found.status_code == 422, found.text
        assert found.json()["errors"][0]["field"] in {"number", "repayment"}
    known = service.post(f"{payments}/9/cancellation", headers={"Idempotency-Key": number})
    assert known.json()["type"] == "/problems/unknown-disbursement"


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
    service: httpx.Client, published_rows: list[dict[str, Any]], service_log: Path
) -> None:
    member = published_rows[7]["member_id"]
    service.get(f"/v1/members/{member}")
    service.get(f"/v1/whitelist?county={published_rows[7]['county_code']}&cursor={member}")
    written = service_log.read_text()
    assert '"route": "/v1/members/{member_id}", "status": 200' in written
    assert member not in written
    assert "county=" not in written


def test_the_service_listens_on_this_machine_only_unless_allowed_otherwise() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        found = CliRunner().invoke(serve_command, ["--host", host])
        assert found.exit_code == 2
        assert "--allow-remote" in found.stderr


def test_a_name_is_no_address_to_listen_at() -> None:
    found = CliRunner().invoke(serve_command, ["--host", "example.org", "--allow-remote"])
    assert found.exit_code == 2
    assert "not an IP address" in found.stderr


def test_a_port_in_use_is_named(service: httpx.Client) -> None:
    found = CliRunner().invoke(serve_command, ["--port", str(service.base_url.port)])
    assert found.exit_code == 1
    assert f"port {service.base_url.port}" in found.stderr


def test_a_setting_that_names_no_database_stops_the_start_and_is_not_repeated() -> None:
    wrong = {"RONGZI_DATABASE_URL": "mysql://ledger:secret@db.example.org/x"}
    found = CliRunner().invoke(serve_command, ["--port", "1"], env=wrong)
    assert isinstance(found.exception, LedgerError)
    assert "RONGZI_DATABASE_URL names neither SQLite nor PostgreSQL" in str(found.exception)
    assert "secret" not in str(found.exception)


def test_a_client_that_never_ends_its_headers_is_disconnected(service: httpx.Client) -> None:
    url = service.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=HEAD_SECONDS + 15) as slow:
        slow.sendall(b"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX: ")
        began = time.monotonic()
        assert b" 200 " not in slow.recv(1_000)
        assert time.monotonic() - began < HEAD_SECONDS + 10
