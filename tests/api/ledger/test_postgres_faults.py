"""A PostgreSQL server that is down, restarted, or loses the confirmation of a commit."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.errors import LedgerAwayError
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from tests.support.ledger.postgres import Postgres
from tests.support.ledger.refusals import count, refused


@pytest.fixture
def on_postgres(postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Ledger, Settings]]:
    settings = Settings(home=tmp_path / "home", database_url=postgres.new_database())
    ledger = Ledger.open(settings)
    yield ledger, settings
    ledger.close()
    assert verify_ledger(Location.of(settings)).is_sound


def test_no_decision_is_lost_when_the_database_restarts(
    on_postgres: tuple[Ledger, Settings], postgres: Postgres, asks: list[Decide]
) -> None:
    ledger, _ = on_postgres
    ledger.write_now(asks[0])
    postgres.stop("immediate")
    postgres.restart()
    # The ledger replaces the dead pooled connection without a refusal.
    assert ledger.write_now(asks[1]).headers == {}
    postgres.stop("immediate")
    refused(ledger, asks[2])
    with pytest.raises(LedgerAwayError), ledger.read():
        raise AssertionError("the ledger must not be readable")
    assert asyncio.run(ledger.find_fault()) is not None
    postgres.restart()
    assert asyncio.run(ledger.find_fault()) is None
    assert ledger.write_now(asks[2]).headers == {}
    assert count(ledger) == 3


def test_a_service_that_starts_before_its_database_heals(
    postgres: Postgres, tmp_path: Path, asks: list[Decide]
) -> None:
    url = postgres.new_database()
    postgres.stop()
    ledger = Ledger.open(Settings(home=tmp_path, database_url=url))
    refused(ledger, asks[0])
    postgres.restart()
    assert ledger.write_now(asks[0]).status == 200
    ledger.close()


class Line:
    """A connection to the server that breaks once, after a COMMIT and before its confirmation."""

    def __init__(self, port: int, *, deliver: bool) -> None:
        self._server, self._deliver, self.broken = port, deliver, False
        self.armed = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            while payload := _received(client):
                if self.armed and b"COMMIT" in payload:
                    self.armed, self.broken = False, True
                    if self._deliver:
                        server.sendall(payload)
                        server.recv(1)  # It is committed, but not confirmed.
                    return
                server.sendall(payload)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        while payload := _received(server, peek=True):
            if self.broken and not self.armed and client.fileno() < 0:
                return
            try:
                client.sendall(server.recv(len(payload)))
            except OSError:
                return


def _received(from_: socket.socket, *, peek: bool = False) -> bytes:
    try:
        return from_.recv(65_536, socket.MSG_PEEK if peek else 0)
    except OSError:
        return b""


@pytest.mark.parametrize("delivered", [True, False], ids=["committed", "not committed"])
def test_a_commit_whose_confirmation_was_lost_is_looked_up(
    postgres: Postgres, tmp_path: Path, asks: list[Decide], delivered: bool
) -> None:
    url = postgres.new_database()
    line = Line(postgres.port, deliver=delivered)
    through = url.replace(f":{postgres.port}/", f":{line.port}/")
    settings = Settings(home=tmp_path, database_url=through)
    ledger = Ledger.open(settings)
    ledger.write_now(asks[0])
    line.armed = True
    answer = ledger.write_now(asks[1])
    assert line.broken
    with ledger.read() as view:
        decisions = view.entries_where(["DECISION"])
    assert len(decisions) == 2
    assert decisions[1].decision_id == json.loads(answer.body)["decision_id"]
    ledger.close()
    line.close()
    assert verify_ledger(Location.of(settings)).is_sound
