"""The printed reverse proxy: nginx accepts it, and it refuses what exceeds the limit."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from starlette.responses import Response

from api.console.provider import MAX_TOKEN
from api.console.serve import HEADERS
from api.core.settings import Settings
from api.http.problem_kinds import OVERLOADED, TIMED_OUT
from api.http.problems import MEDIA_TYPE, Kind, problem_response
from tests.support.prerequisites import lacking
from tests.support.service.ports import free_port
from tests.support.service.proxy import behind_proxy, configuration, nginx, printed_site

MEMBER = "M-100200300"


@pytest.fixture
def program() -> str:
    found = nginx()
    if found is None:
        lacking("nginx")
    return str(found)


def test_nginx_accepts_the_printed_configuration(tmp_path: Path, program: str) -> None:
    certificate, key = _certificate(tmp_path)
    site = printed_site()
    site = site.replace("/etc/ssl/rongzi.pem", str(certificate))
    site = site.replace("/etc/ssl/private/rongzi.key", str(key))
    conf = tmp_path / "nginx.conf"
    conf.write_text(configuration(site, tmp_path), encoding="utf-8")
    done = subprocess.run(
        [program, "-t", "-c", str(conf), "-e", str(tmp_path / "error.log")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr, done.stderr


def test_the_proxy_is_stricter_than_the_service_and_hides_what_is_internal() -> None:
    site = printed_site()
    assert "location = /metrics { return 404; }" in site
    assert "client_max_body_size 16k;" in site
    assert "proxy_next_upstream off;" in site
    assert f"max_conns={Settings().most_in_work};" in site
    # The limit by source uses the address that nginx saw, never one that the client sent.
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in site
    assert "$proxy_add_x_forwarded_for" not in site


def test_requests_beyond_the_limit_are_refused_by_the_proxy_in_the_services_words(
    tmp_path: Path, program: str
) -> None:
    with (
        _silent_service() as (port, accepted),
        behind_proxy(port, tmp_path, program) as front,
        ExitStack() as opened,
    ):
        for _ in range(Settings().most_in_work):
            _send(front, opened)
        working = _accept(accepted, Settings().most_in_work, opened)
        _assert_problem(_send(front, opened).getresponse(), OVERLOADED)
        # It did not reach the service.
        accepted.settimeout(0.2)
        with pytest.raises(TimeoutError):
            accepted.accept()
        working.pop().close()
        _send(front, opened)
        assert len(_accept(accepted, 1, opened)) == 1


def test_an_absent_service_or_a_lost_answer_is_reported_as_unknown(
    tmp_path: Path, program: str
) -> None:
    with behind_proxy(free_port(), tmp_path, program) as front, ExitStack() as opened:
        _assert_problem(_send(front, opened).getresponse(), TIMED_OUT)
    with (
        _silent_service() as (port, accepted),
        behind_proxy(port, tmp_path, program) as front,
        ExitStack() as opened,
    ):
        waiting = _send(front, opened)
        (connection,) = _accept(accepted, 1, opened)
        connection.close()
        _assert_problem(waiting.getresponse(), TIMED_OUT)


def test_the_largest_session_passes_the_proxy_both_ways(tmp_path: Path, program: str) -> None:
    cookie = f"__Host-rongzi-session={'t' * MAX_TOKEN}"
    others = ["; ".join(("__Host-rongzi-other=" + "o" * 100, "Path=/", "HttpOnly"))] * 4
    answer = Response(headers=HEADERS)
    for each in (cookie, *others):
        answer.headers.append("Set-Cookie", each)
    received: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.headers["Cookie"])
            self.send_response(200)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with behind_proxy(server.server_port, tmp_path, program) as front, ExitStack() as opened:
        opened.callback(server.server_close)
        opened.callback(server.shutdown)
        connection = http.client.HTTPConnection("127.0.0.1", front, timeout=10)
        opened.callback(connection.close)
        connection.request("GET", "/console/", headers={"Cookie": cookie})
        found = connection.getresponse()
        assert found.status == 200, found.read()
        assert cookie in found.headers.get_all("Set-Cookie", [])
    assert received == [cookie]


def test_the_proxy_logs_no_address(tmp_path: Path, program: str) -> None:
    with behind_proxy(free_port(), tmp_path, program) as front, ExitStack() as opened:
        assert _send(front, opened).getresponse().status == 503
    logged = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.log")]
    assert logged
    assert not any(MEMBER in text for text in logged)


def _assert_problem(answer: http.client.HTTPResponse, kind: Kind) -> None:
    """Compare an answer of the proxy with the service's own of that `kind`, byte by byte."""
    own = problem_response(kind)
    assert (answer.status, answer.read()) == (503, own.body)
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 32


def _send(port: int, opened: ExitStack) -> http.client.HTTPConnection:
    """Send a request on a new connection, without waiting for the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    opened.callback(connection.close)
    connection.request("GET", f"/v1/members/{MEMBER}")
    return connection


@contextmanager
def _silent_service() -> Iterator[tuple[int, socket.socket]]:
    """Yield the port of a service that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as accepted:
        yield accepted.getsockname()[1], accepted


def _accept(accepted: socket.socket, count: int, opened: ExitStack) -> list[socket.socket]:
    accepted.settimeout(10)
    return [opened.enter_context(accepted.accept()[0]) for _ in range(count)]


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return the paths of a self-signed certificate and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(tz=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rongzi.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path, private = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path, private
