"""Hostile requests: no answer of 500, nothing of the input in an answer, a log or a metric."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis

from api.editions.edition import Edition, PlaceFilter
from tests.support.service.running import Running, serving

MARKER = "Zq7vKx93Wm"
FIELDS = {"member_id": "M1", "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
#: Every write of the interface: where an attacker may put a body.
WRITES = (
    "/v1/decisions",
    "/v1/decisions/00000000-0000-4000-8000-000000000000/disbursements",
    "/v1/decisions/00000000-0000-4000-8000-000000000000/review-requests",
    "/v1/decisions/00000000-0000-4000-8000-000000000000/override",
    "/v1/reviews/00000000-0000-4000-8000-000000000000/verdict",
    "/v1/reviews/00000000-0000-4000-8000-000000000000/assignment",
    "/v1/members/M1/consents",
    "/v1/members/M1/consents/withdrawal",
)


def _with(**fields: object) -> bytes:
    return json.dumps(FIELDS | fields, ensure_ascii=False).encode()


BODIES: dict[str, bytes] = {
    "NaN": _with(amount_yuan=float("nan"), x=MARKER),
    "an infinity": _with(amount_yuan=float("inf"), x=MARKER),
    "1e999": _with(x=MARKER).replace(b"5000", b"1e999"),
    "-1e999": _with(x=MARKER).replace(b"5000", b"-1e999"),
    "a huge integer": _with(x=MARKER).replace(b"5000", b"9" * 5_000),
    "a long exponent": _with(x=MARKER).replace(b"5000", b"1e" + b"9" * 400),
    "a lone surrogate": b'{"member_id": "' + MARKER.encode() + b'\\ud800"}',
    "a surrogate as a name": b'{"\\udfff": "' + MARKER.encode() + b'"}',
    "NUL": b'{"member_id": "' + MARKER.encode() + b'\\u0000"}',
    "a raw NUL": b'{"member_id": "' + MARKER.encode() + b'\x00"}',
    "half a character": b'{"member_id": "' + MARKER.encode() + b'\xe5\xbc"}',
    "an overlong character": b'{"member_id": "' + MARKER.encode() + b'\xc0\xaf"}',
    "UTF-16": json.dumps(FIELDS | {"member_id": MARKER}).encode("utf-16"),
    "UTF-16 without a mark": json.dumps(FIELDS | {"member_id": MARKER}).encode("utf-16-le"),
    "UTF-32": json.dumps(FIELDS | {"member_id": MARKER}).encode("utf-32"),
    "a byte-order mark": b"\xef\xbb\xbf" + _with(x=MARKER),
    "a name twice": b'{"amount_yuan": 1, "amount_yuan": 2, "x": "' + MARKER.encode() + b'"}',
    "depth of lists": b"[" * 4_000 + b'"' + MARKER.encode() + b'"' + b"]" * 4_000,
    "depth of objects": b'{"a":' * 2_000 + b'"' + MARKER.encode() + b'"' + b"}" * 2_000,
    "a body beyond the cap": _with(x=MARKER + "y" * 40_000),
    "an object in place of a number": _with(amount_yuan={MARKER: 1}),
    "a list in place of a text": _with(member_id=[MARKER]),
    "true in place of a number": _with(amount_yuan=True, x=MARKER),
    "null in place of a text": _with(member_id=None, x=MARKER),
    "a field nobody declared": _with(**{MARKER: 1}),
    "a field of another shape": _with(outcome="APPROVE", tier="FIRST", actor=MARKER),
    "a text": json.dumps(MARKER).encode(),
    "a list": json.dumps([MARKER]).encode(),
    "two documents": _with(x=MARKER) + _with(),
    "a comment": b"/* " + MARKER.encode() + b" */ {}",
    "half a document": b'{"member_id": "' + MARKER.encode(),
    "nothing": b"",
    "a template": _with(member_id="{{7*7}}" + MARKER, purpose="${jndi:ldap://x}"),
    "SQL": _with(member_id=f"' OR 1=1 --{MARKER}"),
    "a path": _with(member_id=f"../../etc/{MARKER}"),
    "a line break": _with(member_id=f'{MARKER}\n{{"event": "request"}}'),
}
TYPES = (
    "",
    "text/plain",
    "application/xml",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    f"multipart/form-data; boundary={MARKER}",
    "application/json, text/html",
)


@pytest.fixture(scope="module")
def running(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hostile")
    with serving(Path(shutil.copytree(published_home, folder / "home")), folder / "log") as found:
        yield found


def _send(running: Running, head: str, *pieces: bytes, patience: float = 20) -> bytes:
    """Send raw bytes and return the whole response."""
    bearer = f"Authorization: {running.bearer['Authorization']}\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=patience) as sent:
        sent.sendall(f"{head}\r\nHost: x\r\n{bearer}Connection: close\r\n".encode("latin-1"))
        # A refusal may come before all is sent; it is read all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sent.sendall(b"".join(pieces))
        received = b""
        while chunk := sent.recv(65_536):
            received += chunk
    return received


def _post(running: Running, path: str, body: bytes, kind: str = "application/json") -> bytes:
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    head = f"{typed}Idempotency-Key: hostile\r\nContent-Length: {len(body)}\r\n\r\n"
    return _send(running, f"POST {path} HTTP/1.1", head.encode("latin-1"), body)


def _refused(answer: bytes) -> bool:
    """Return whether it is a typed refusal without any of the input."""
    status = int(answer[9:12])
    typed = b"content-type: application/problem+json" in answer.lower()
    return 400 <= status < 500 and typed and MARKER.encode() not in answer


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_hostile_body_is_refused_by_every_write_without_an_echo(
    running: Running, body: bytes
) -> None:
    for path in WRITES:
        assert _refused(_post(running, path, body)), path


@pytest.mark.parametrize("kind", TYPES)
def test_another_content_type_is_refused_by_every_write(running: Running, kind: str) -> None:
    for path in WRITES:
        assert _refused(_post(running, path, _with(member_id=MARKER), kind)), path


def test_a_chunked_body_is_capped_and_read_like_any_other(running: Running) -> None:
    head = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    line = "POST /v1/decisions HTTP/1.1"
    small = _send(running, line, head, b"a\r\n" + MARKER.encode() + b"\r\n0\r\n\r\n")
    assert small.startswith(b"HTTP/1.1 4")
    chunk = b"1000\r\n" + b"y" * 4_096 + b"\r\n"
    assert b" 413 " in _send(running, line, head, *[chunk] * 5, b"0\r\n\r\n").split(b"\r\n")[0]


@pytest.mark.parametrize(
    "pieces",
    [
        (b"Content-Length: 5\r\nContent-Length: 50\r\n\r\n", b"{}   "),
        (b"Content-Length: -1\r\n\r\n", b"{}"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", b"{}"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"),
        (b"X-Long: " + b"y" * 600_000 + b"\r\n\r\n",),
        (b"X-Broken\r\n\r\n",),
        (b"Content-Length: 100\r\n\r\n", b"{}"),
    ],
)
def test_a_broken_frame_ends_its_own_connection_and_nothing_else(
    running: Running, pieces: tuple[bytes, ...]
) -> None:
    try:
        answer = _send(running, f"POST /v1/decisions?{MARKER}=1 HTTP/1.1", *pieces, patience=2)
    except (ConnectionError, TimeoutError):
        answer = b""
    assert not re.match(rb"HTTP/1.1 [25]", answer)
    assert MARKER.encode() not in answer
    assert running.get("/live")[0] == 200


ADDRESSES = (
    "/v1/members/%00",
    "/v1/members/..%2f..%2fetc%2fpasswd",
    "//",
    f"/v1/decisions/{MARKER}",
    f"/v1/whitelist?cursor={MARKER}",
    "/v1/members/%ff%fe",
    f"/v1/members/{MARKER}%0d%0aX-A:%20b",
    f"/v1/decisions/../{MARKER}",
    "/v1/whitelist?county=%d9%a1",
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_hostile_address_is_refused_without_an_echo(running: Running, path: str) -> None:
    assert _refused(_send(running, f"GET {path} HTTP/1.1", b"\r\n"))


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Original-URL",
                                  "X-HTTP-Method-Override", "X-Forwarded-User"])  # fmt: skip
def test_a_spoofed_header_grants_no_access(running: Running, name: str) -> None:
    bare = f"GET /v1/policy HTTP/1.1\r\nHost: x\r\n{name}: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as sent:
        sent.sendall(bare.encode())
        assert b" 401 " in sent.recv(65_536).split(b"\r\n")[0]


def test_requests_generated_from_the_contract_cause_no_fault(running: Running) -> None:
    document = json.loads(running.get("/openapi.json")[1])
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        _draw(running, operation)


def _draw(running: Running, operation: Any) -> None:
    @hypothesis.settings(
        max_examples=5,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def meets_no_fault(case: Any) -> None:
        answer = case.call(base_url=running.url, headers=running.bearer)
        assert answer.status_code < 500 or operation.path == "/ready", (operation.path, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"]

    meets_no_fault()


def test_after_hostile_requests_it_still_serves_and_has_logged_no_input(running: Running) -> None:
    member = Edition.current(running.home).page(PlaceFilter(), None, None, 1)[0]["member_id"]
    body = json.dumps(FIELDS | {"member_id": member})
    assert running.post("/v1/decisions", body, "after-all")[0] == 200
    assert MARKER not in running.log.read_text()
    assert MARKER not in running.get("/metrics")[1]
    assert not [line for line in running.lines() if line["event"] in {"fault", "undeclared"}]
