"""Writes are durable before they are answered, in one chain and in groups, on both databases."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from api.core.settings import Settings
from api.ledger.chain import GENESIS, entry_digest
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.database import Location, open_engine
from api.ledger.entries import NewEntry
from api.ledger.errors import LedgerAwayError
from api.ledger.writer import Ledger


def new_entry(subject: str = "s", decision: str | None = None, **body: Any) -> NewEntry:
    return NewEntry(
        kind="CONSENT_GIVEN",
        subject_id=subject,
        decision_id=decision,
        place_code="999901001001",
        actor="officer-1",
        amount_yuan=None,
        outcome=None,
        body=body,
        entry_id=str(uuid.uuid4()),
    )


class RefusedError(Exception):
    """What a command that refuses raises."""


@dataclass
class Append:
    """Appends one entry, or refuses."""

    idempotency: IdempotencyScope | None = None
    member: str | None = None
    refuse: bool = False
    saw: list[int] = field(default_factory=list)

    def run(self, view: View) -> Written:
        subject = view.subject_of(self.member) if self.member else "s"
        self.saw.append(len(view.entries_of_subject(subject)))
        if self.refuse:
            raise RefusedError
        return Written(Answer(200, subject.encode()), (new_entry(subject, note="注"),))


async def together(ledger: Ledger, commands: Sequence[Append]) -> list[Answer | BaseException]:
    return await asyncio.gather(*map(ledger.write, commands), return_exceptions=True)


def test_entries_form_one_chain_without_gaps(ledger: Ledger) -> None:
    asyncio.run(together(ledger, [Append() for _ in range(30)]))
    with ledger.read() as view:
        found = view.entries_of_subject("s")
    assert [entry.seq for entry in found] == list(range(1, 31))
    assert [entry.previous for entry in found] == [GENESIS, *(e.digest for e in found[:-1])]
    assert found[0].body == {"note": "注"}


def test_a_command_sees_the_entries_of_earlier_commands_in_its_group(ledger: Ledger) -> None:
    commands = [Append(member="M1") for _ in range(20)]
    asyncio.run(together(ledger, commands))
    assert [command.saw for command in commands] == [[n] for n in range(20)]


def test_a_refusal_writes_nothing_and_does_not_affect_its_group(ledger: Ledger) -> None:
    commands = [Append(member=f"M{n}", refuse=n % 2 == 1) for n in range(10)]
    outcomes = asyncio.run(together(ledger, commands))
    assert [isinstance(each, RefusedError) for each in outcomes] == [False, True] * 5
    with ledger.read() as view:
        assert len(view.entries_where()) == 5
        assert set(view.identities.known([f"M{n}" for n in range(10)])) == {
            "M0", "M2", "M4", "M6", "M8",
        }  # fmt: skip


def test_an_answered_entry_is_there_after_opening_again(ledger_settings: Settings) -> None:
    first = Ledger.open(ledger_settings)
    subject = first.write_now(Append(member="M1")).body.decode()
    first.close()
    again = Ledger.open(ledger_settings)
    with again.read() as view:
        assert [entry.seq for entry in view.entries_of_subject(subject)] == [1]
        assert view.member_of(subject) == "M1"
    again.close()


def test_a_closed_ledger_refuses_writes(ledger_settings: Settings) -> None:
    ledger = Ledger.open(ledger_settings)
    ledger.close()
    with pytest.raises(LedgerAwayError):
        ledger.write_now(Append())


@pytest.mark.parametrize("authority", [None, "{}"])
def test_the_digest_covers_every_column(authority: str | None) -> None:
    row = {
        "seq": 1, "entry_id": "e", "recorded_at": "t", "kind": "DECISION", "subject_id": "s",
        "decision_id": None, "place_code": "9", "actor": "a", "amount_yuan": 5, "outcome": None,
        "answer_digest": None, "previous": GENESIS, "body": "{}", "identity_digest": None,
        "authority": authority,
    }  # fmt: skip
    for name, value in row.items():
        assert entry_digest(row | {name: f"{value}x"}) != entry_digest(row), name


def test_a_commit_waits_for_the_disk(ledger: Ledger, ledger_settings: Settings) -> None:
    ledger.write_now(Append())
    engine = open_engine(Location.of(ledger_settings).url, writes=True)
    settings = {
        "sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2},  # 2 is FULL
        "postgresql": {"SHOW synchronous_commit": "on"},
    }[engine.dialect.name]
    with engine.connect() as connection:
        assert {each: connection.scalar(text(each)) for each in settings} == settings
    engine.dispose()
