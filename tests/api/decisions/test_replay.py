"""Replay: the stored data alone give the same decision again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rfc8785
from click.testing import CliRunner

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.decisions.profiles import ProfileErasedError
from api.decisions.replay import replay
from api.decisions.stored import profile_from_json, profile_to_json
from api.editions.in_use import Resources
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.database import Location
from api.ledger.entries import NewEntry
from api.ledger.store import open_view
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from cli.replay import command as replay_command
from model.errors import ContractError
from model.policy.policy import policy_on, stored_policy
from tests.support.ledger.filling import asks as asks_of
from tests.support.ledger.filling import fill


def test_300_decisions_replay_equal_field_by_field(tmp_path: Path, resources: Resources) -> None:
    settings = Settings(home=tmp_path)
    ledger = Ledger.open(settings)
    fill(ledger, asks_of(resources, 300))
    ledger.close()
    with open_view(Location.of(settings)) as view:
        entries = view.entries_where(["DECISION"])
        assert len(entries) > 250
        for entry in entries:
            found = replay(view, str(entry.decision_id))
            assert found.recomputed == entry.body["answer"]
            assert found.differences == ()


def test_a_decision_replays_from_the_ledgers_own_policy_and_card(
    ledger: Ledger, asks: list[Decide]
) -> None:
    decision_id = json.loads(ledger.write_now(asks[0]).body)["decision_id"]
    with ledger.read() as view:
        assert view.version(asks[0].resources.card.digest)
        assert replay(view, decision_id).differences == ()


@dataclass
class Erase:
    """Erases a person and records it."""

    subject: str
    idempotency: IdempotencyScope | None = None

    def run(self, view: View) -> Written:
        view.identities.erase(self.subject)
        entry = NewEntry("ERASED", self.subject, None, "999901001001", "admin", None, None, {}, "e")
        return Written(Answer(200, b""), (entry,))


def test_after_an_erasure_the_ledger_verifies_and_replay_says_that_the_profile_is_gone(
    ledger: Ledger, ledger_settings: Settings, asks: list[Decide]
) -> None:
    decision_id = json.loads(ledger.write_now(asks[0]).body)["decision_id"]
    with ledger.read() as view:
        subject = view.entries_of_decision(decision_id)[0].subject_id
        assert view.member_of(subject) == asks[0].member_id
    ledger.write_now(Erase(subject))
    with ledger.read() as view:
        assert view.member_of(subject) is None
        assert view.identities.person(subject) is None
        with pytest.raises(ProfileErasedError, match="erased on request"):
            replay(view, decision_id)
    again = json.loads(ledger.write_now(asks[0]).body)
    assert again["decision_id"] == decision_id  # a retry under the same key
    report = verify_ledger(Location.of(ledger_settings))
    assert report.is_sound, report.findings
    assert report.identities == 0


def test_the_command_says_equal_and_shows_each_field(tmp_path: Path, asks: list[Decide]) -> None:
    ledger = Ledger.open(Settings(home=tmp_path))
    decision_id = json.loads(ledger.write_now(asks[0]).body)["decision_id"]
    ledger.close()
    result = CliRunner().invoke(replay_command, [decision_id, "--home", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "equal, field by field" in result.output
    assert "= outcome" in result.output
    plain = CliRunner().invoke(replay_command, [decision_id, "--home", str(tmp_path), "--json"])
    assert json.loads(plain.output)["equal"] is True


def test_an_unknown_decision_is_named(tmp_path: Path) -> None:
    Ledger.open(Settings(home=tmp_path)).close()
    result = CliRunner().invoke(replay_command, ["no-such", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "not in this ledger" in str(result.exception)


def test_a_missing_ledger_is_named_and_not_created(tmp_path: Path) -> None:
    result = CliRunner().invoke(replay_command, ["no-such", "--home", str(tmp_path)])
    assert "no ledger here" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_profile_comes_back_bit_by_bit() -> None:
    numbers = [0.1, -0.0, 1e-300, float("nan"), float("inf"), float("-inf"), 1 / 3]
    names = tuple(f"n{place}" for place in range(len(numbers)))
    stored = json.loads(
        json.dumps(profile_to_json(names, numbers, {"occupation": None}), allow_nan=False)
    )
    found = profile_from_json(stored)
    back = np.array([found[name][0] for name in names])
    np.testing.assert_array_equal(back.view(np.int64)[:3], np.array(numbers).view(np.int64)[:3])
    np.testing.assert_array_equal(back, np.array(numbers))
    assert found["occupation"].tolist() == [None]


@pytest.mark.parametrize("day", [date(2020, 2, 1), date(2023, 10, 1), date(2025, 6, 1)])
def test_a_stored_policy_is_the_policy_of_its_day(day: date) -> None:
    policy = policy_on(day)
    assert stored_policy(rfc8785.dumps(dict(policy.in_force)), day) == policy


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"numbers": 1}', b"\xff"])
def test_bytes_that_are_no_policy_are_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        stored_policy(payload, date(2023, 10, 1))
