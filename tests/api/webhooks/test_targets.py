"""Webhook targets: resolved once, judged, connected to as resolved; a dead thread is restarted."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.core.metrics import WEBHOOK_RESTARTS
from api.webhooks import delivery as delivery_module
from api.webhooks.delivery import Delivery, Pace, send
from api.webhooks.endpoints import Endpoint, Endpoints
from api.webhooks.targets import ForbiddenTargetError, resolve

NAME = "receiver.example.org"
PUBLIC, PRIVATE = "93.184.215.14", "10.1.2.3"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name service that the test sets; it counts its look-ups under an empty name."""
    known: dict[str, list[str]] = {"": []}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        known[""].append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "fe80::1%2", "fd00::1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"],
)  # fmt: skip
def test_a_name_that_points_into_a_private_network_is_refused(
    names: dict[str, list[str]], address: str
) -> None:
    names[NAME] = [address]
    with pytest.raises(ForbiddenTargetError):
        resolve(f"https://{NAME}/events")


def test_one_private_address_among_public_ones_is_enough(names: dict[str, list[str]]) -> None:
    names[NAME] = [PUBLIC, PRIVATE]
    with pytest.raises(ForbiddenTargetError):
        resolve(f"https://{NAME}/events")


def test_a_network_that_the_operator_named_may_receive(names: dict[str, list[str]]) -> None:
    names[NAME] = [PRIVATE]
    allowed = [ipaddress.ip_network("10.1.0.0/16")]
    assert resolve(f"https://{NAME}/events", allowed).address == PRIVATE


def test_a_name_is_resolved_once_and_the_judged_address_is_connected_to(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names[NAME] = [PUBLIC]
    connected: list[Any] = []

    def refuse(address: Any, *_: Any) -> socket.socket:
        names[NAME] = [PRIVATE]  # the name changes after it was judged
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    endpoint = Endpoint("core", f"https://{NAME}:8443/events", "whsec_YQ==")
    assert send(endpoint, _entry()) == "unreachable"
    assert connected == [(PUBLIC, 8443)]
    assert names[""] == [NAME]
    assert send(endpoint, _entry()) == "forbidden"
    assert len(connected) == 1


def _entry() -> Any:
    from api.ledger.entries import Outline

    return Outline(1, "2026-01-01", "e", "DECISION", "s", None, "999901001001", "o", None, None)


def test_a_stored_address_with_an_impossible_port_is_a_failure_and_no_fault() -> None:
    for url in ("https://example.org:99999/", "https://[::1/"):
        assert send(Endpoint("core", url, "whsec_YQ=="), _entry()) == "forbidden"


def test_a_thread_that_dies_is_seen_and_started_again(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = desk.settings.home
    Endpoints(home).add("core", "http://127.0.0.1:9009/", from_start=True)
    sent: list[int] = []

    def dies_first(_: Endpoint, entry: Any, *__: Any) -> None:
        sent.append(entry.seq)
        if len(sent) == 1:
            raise KeyError("a fault in this thread")

    monkeypatch.setattr(delivery_module, "send", dies_first)
    before = WEBHOOK_RESTARTS._value.get()
    desk.decide(desk.member("FIRST"), 3_000)
    delivery = Delivery(desk.ledger, home, Pace(idle=0.02, first=0.01, longest=0.05, one_try=0.3))
    delivery.start()
    try:
        _until(lambda: Endpoints(home).progress("core").seq == 1)
    finally:
        delivery.stop()
    assert sent == [1, 1]
    assert WEBHOOK_RESTARTS._value.get() == before + 1


def test_a_fault_in_the_thread_that_watches_does_not_end_it(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def fails(_: Delivery) -> None:
        calls.append(1)
        raise RuntimeError("a fault")

    monkeypatch.setattr(Delivery, "_match_endpoints", fails)
    Endpoints(desk.settings.home).add("core", "http://127.0.0.1:9009/")
    delivery = Delivery(desk.ledger, desk.settings.home, Pace(idle=0.02))
    delivery.start()
    try:
        _until(lambda: len(calls) > 2)
    finally:
        delivery.stop()


def _until(holds: Callable[[], bool]) -> None:
    import time

    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("did not happen in time")
