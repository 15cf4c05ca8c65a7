"""The server as a process: draining, shared metrics, request ids."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from api.http.request_log import choose_request_id
from tests.support.service.running import Running, serving, wait_until

PHONE, ID_NUMBER = "19900000000", "999901197001010014"


@pytest.fixture(scope="module")
def running_service(
    published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service that no test stops."""
    folder = tmp_path_factory.mktemp("running_service")
    with serving(Path(shutil.copytree(published_home, folder / "home")), folder / "log") as found:
        yield found


@pytest.fixture
def running(published_home: Path, tmp_path: Path) -> Iterator[Running]:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    with serving(home, tmp_path / "serve.log") as found:
        yield found


def test_sigterm_turns_readiness_off_and_answers_requests_in_work(running: Running) -> None:
    # One request whose body is still being sent when the process is stopped.
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as slow:
        slow.sendall(
            b"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 2\r\n\r\n{"
        )
        time.sleep(0.2)
        os.kill(running.process.pid, signal.SIGTERM)
        wait_until(lambda: running.get("/ready")[0] == 503, "off", seconds=5)
        assert "the service is stopping" in running.get("/ready")[1]
        assert running.get("/live")[0] == 200
        slow.sendall(b"}")
        answer = slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"connection: close" in answer.lower()
    assert running.process.wait(30) == 0
    events = [line["event"] for line in running.lines()]
    assert events.index("draining") < events.index("stopped")


def test_routing_by_readiness_fails_no_request_while_the_process_stops(
    running: Running,
) -> None:
    found: list[int | str] = []

    def ask() -> None:
        # As a proxy does, send no further request to an instance that is not ready.
        while running.get("/ready")[0] == 200:
            try:
                found.append(running.get("/v1/whitelist?page_size=1")[0])
            except OSError as error:
                found.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    running.process.terminate()
    for thread in threads:
        thread.join(10)
    assert running.process.wait(30) == 0
    assert set(found) == {200}


def test_workers_end_when_their_parent_is_killed(running: Running) -> None:
    (worker,) = running.workers()
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    wait_until(lambda: not _alive(worker), "without workers", seconds=15)


def test_two_workers_answer_with_the_metrics_of_both(published_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    with serving(home, tmp_path / "serve.log", "--workers", "2") as running:
        for _ in range(40):
            assert running.get("/v1/policy")[0] == 200
        found = running.get("/metrics")[1]
    counted = re.findall(r'^rongzi_requests_total\{.*"/v1/policy".*\} ([0-9.]+)$', found, re.M)
    assert counted == ["40.0"]


def test_metrics_are_by_route_template_and_for_this_machine_only(running_service: Running) -> None:
    running_service.get("/v1/members/M-SECRET-1")
    status, found = running_service.get("/metrics")
    assert status == 200
    assert 'route="/v1/members/{member_id}"' in found
    assert "SECRET" not in found
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert running_service.get("/metrics", **{header: "127.0.0.1"})[0] == 404


@pytest.mark.parametrize("path", ["/live", "/ready"])
def test_monitoring_may_use_head_requests(running_service: Running, path: str) -> None:
    asked = Request(running_service.url + path, method="HEAD")
    with build_opener(ProxyHandler({})).open(asked, timeout=10) as answer:
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


def test_a_route_within_another_router_is_logged_with_its_full_path(
    running_service: Running,
) -> None:
    running_service.post("/v1/token", "{}", "key")
    found = running_service.get("/metrics")[1]
    assert 'route="/v1/token",status="415"' in found
    assert 'route="/token"' not in found


@pytest.mark.parametrize("given", ["till-7-0001", "12345678-1234-4234-8234-1234567890ab"])
def test_an_id_of_letters_or_a_uuid_is_taken(given: str) -> None:
    assert choose_request_id([(b"x-request-id", given.encode())]) == given


def test_a_request_is_found_in_the_log_by_its_callers_id(running_service: Running) -> None:
    running_service.get("/v1/policy", **{"X-Request-Id": "till-7-0001"})
    wait_until(lambda: bool(_logged(running_service, "/v1/policy")), "logged", seconds=5)
    (line,) = _logged(running_service, "/v1/policy")
    assert (line["request_id"], line["status"], line["subject"]) == ("till-7-0001", 200, "bench")


def test_an_id_that_may_identify_a_person_or_break_the_log_is_replaced(
    running_service: Running,
) -> None:
    spaced = "9999011-97001-010014a"
    given = [PHONE, ID_NUMBER, f"tel-{PHONE}", spaced, "short", "x" * 65, "a b c d e"]
    for each in given:
        assert running_service.get("/problems/overloaded", **{"X-Request-Id": each})[0] == 200
    # A line is written when its answer has left.
    wait_until(
        lambda: len(_logged(running_service, "/problems/{name}")) == len(given), "logged", seconds=5
    )
    events = _logged(running_service, "/problems/{name}")
    assert all(re.fullmatch(r"[0-9a-f]{32}", line["request_id"]) for line in events)


def _logged(running: Running, route: str) -> list[dict[str, Any]]:
    return [line for line in running.lines() if line.get("route") == route]


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
