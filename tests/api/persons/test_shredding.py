"""Attacks on what the ledger keeps of a person: erased, without consent, or altered."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, update

from api.cases.explain import explain_decision
from api.consent.commands import SetConsent
from api.decisions.profiles import ProfileErasedError, stored_profile
from api.decisions.replay import replay
from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.ledger.tables import entries, person_keys
from api.persons.commands import Erase, Export
from api.verify.verify import verify_ledger
from cli.replay import command as replay_command
from model.errors import LedgerError
from tests.support.tampering.rows import rows_in, without_triggers


def _members(desk: Any, count: int) -> list[dict[str, Any]]:
    rows = desk.resources.edition.page(PlaceFilter(), None, None, 1_200)
    consenting = [
        row
        for row in rows
        if "NO_CONSENT" not in row["knock_outs"]
        and not desk.resources.edition.columns(row["member_id"])["balance_outstanding"][0] > 0
    ]
    return random.Random(54).sample(consenting, count)


def _bodies(desk: Any) -> dict[str, dict[str, Any]]:
    """Return the stored body of each decision, as a thief of the database reads it."""
    with desk.ledger.read() as view:
        return {each.decision_id: each.body for each in view.entries_where(["DECISION"])}


def _values(found: Any) -> set[str]:
    """Return every number in a JSON value, as text."""
    if isinstance(found, dict):
        return set().union(*map(_values, found.values()))
    if isinstance(found, list):
        return set().union(*map(_values, found))
    return {str(float(found))} if isinstance(found, int | float) else set()


def test_erased_people_are_not_found_again_by_joining_with_profile_files(desk):
    """30 of 30 were found by balance and age; now no exact value of a profile is left."""
    edition, found = desk.resources.edition, 0
    for member in _members(desk, 30):
        columns = edition.columns(member["member_id"])
        decision = desk.decide(member, 3_000)
        desk.do(Erase(None, "reviewer-1", member["member_id"], desk.resources))
        body = _bodies(desk)[decision]
        assert "profile" not in body
        kept = _values(body["profile_bins"]) | _values(body["request"])
        exact = {str(float(columns[name][0])) for name in ("average_balance_12m", "age_years")}
        found += exact <= kept
        first, last = map(int, body["profile_bins"]["age_years"].split("-"))
        assert last - first == 9
        with desk.ledger.read() as view, pytest.raises(ProfileErasedError):
            replay(view, decision)
    assert found == 0


def test_the_key_of_an_erased_person_is_gone_and_everybody_elses_profile_opens(
    desk, ledger_settings
):
    gone, stays = _members(desk, 2)
    erased, kept = (desk.decide(each, 3_000) for each in (gone, stays))
    desk.do(Erase(None, "reviewer-1", gone["member_id"], desk.resources))
    with desk.ledger.read() as view:
        assert len(rows_in(view.connection, person_keys)) == 1
        assert not replay(view, kept).differences
        (entry,) = view.entries_of_decision(kept)
        profile = stored_profile(view, entry)
        assert explain_decision(view, [entry], "en").answer
        with pytest.raises(ProfileErasedError):
            explain_decision(view, view.entries_of_decision(erased), "en")
    exact = desk.resources.edition.columns(stays["member_id"])["age_years"][0]
    assert profile["numbers"]["age_years"] == exact
    assert verify_ledger(Location.of(ledger_settings)).is_sound


def test_the_command_says_that_the_person_was_erased(desk, ledger_settings, monkeypatch):
    (member,) = _members(desk, 1)
    decision = desk.decide(member, 3_000)
    desk.do(Erase(None, "reviewer-1", member["member_id"], desk.resources))
    url = Location.of(ledger_settings).url.render_as_string(hide_password=False)
    monkeypatch.setenv("RONGZI_DATABASE_URL", url)
    words = [decision, "--home", str(ledger_settings.home)]
    plain = CliRunner().invoke(replay_command, words)
    assert (plain.exit_code, "erased on request" in plain.output) == (3, True)
    found = json.loads(CliRunner().invoke(replay_command, [*words, "--json"]).output)
    assert found["erased"] is True


def _exchange(connection: Any, rows: list[dict[str, Any]]) -> None:
    for row, other in zip(rows, reversed(rows), strict=True):
        connection.execute(
            update(person_keys)
            .where(person_keys.c.subject_id == row["subject_id"])
            .values(sealed_key=other["sealed_key"])
        )


def _remove(connection: Any, rows: list[dict[str, Any]]) -> None:
    statement = delete(person_keys).where(person_keys.c.subject_id == rows[0]["subject_id"])
    connection.execute(statement)


def _insert(connection: Any, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(person_keys), [rows[0] | {"subject_id": "0" * 36}])


def _restore(connection: Any, rows: list[dict[str, Any]]) -> None:
    erased = next(row for row in rows_in(connection, entries) if row["kind"] == "ERASED")
    connection.execute(insert(person_keys), [rows[0] | {"subject_id": erased["subject_id"]}])


@pytest.mark.parametrize("way", [_exchange, _remove, _insert, _restore])
def test_a_change_of_a_persons_key_is_found(desk, ledger_settings, way):
    one, two, three = _members(desk, 3)
    for each in (one, two, three):
        desk.decide(each, 3_000)
    desk.do(Erase(None, "reviewer-1", three["member_id"], desk.resources))
    location = Location.of(ledger_settings)
    with without_triggers(location.url) as connection:
        way(connection, rows_in(connection, person_keys))
    findings = verify_ledger(location).findings
    assert findings
    assert {each.kind for each in findings} == {"identity"}
    if way is _remove:
        with desk.ledger.read() as view, pytest.raises(LedgerError, match="nobody was erased"):
            stored_profile(view, view.entries_of_decision(_decision_without_key(view))[0])


def _decision_without_key(view: Any) -> str:
    kept = {row["subject_id"] for row in rows_in(view.connection, person_keys)}
    made = [each for each in view.entries_where(["DECISION"]) if each.subject_id not in kept]
    erased = {each.subject_id for each in view.entries_where(["ERASED"])}
    (decision,) = (each.decision_id for each in made if each.subject_id not in erased)
    return str(decision)


def test_a_decline_for_lack_of_consent_holds_no_value_of_the_person(desk):
    silent = desk.member("NONE", consents=False)
    decision = desk.decide(silent, 3_000)
    body = _bodies(desk)[decision]
    numbers = body["profile"]["numbers"]
    assert {name: value for name, value in numbers.items() if value is not None} == {
        "consent_in_force": 0
    }
    assert not any(body["profile"]["texts"].values())
    answer = body["answer"]
    assert [each["code"] for each in answer["knock_outs"]] == ["NO_CONSENT"]
    assert (answer["points"], answer["pd"], answer["reasons"]) == (None, None, [])
    with desk.ledger.read() as view:
        assert not replay(view, decision).differences


def test_after_a_withdrawal_at_the_counter_a_decline_holds_no_value_either(desk):
    (member,) = _members(desk, 1)
    desk.do(SetConsent(None, "o", member["member_id"], False, "paper", desk.resources))
    decision = desk.decide(member, 3_000)
    assert "profile_sealed" not in _bodies(desk)[decision]
    assert set(_bodies(desk)[decision]["profile"]["numbers"].values()) == {None, 0}


def test_a_persons_copy_holds_the_exact_profile(desk):
    (member,) = _members(desk, 1)
    desk.decide(member, 3_000)
    copy = desk.do(Export(None, "officer-1", member["member_id"], desk.resources))
    (entry,) = copy["entries"]
    exact = desk.resources.edition.columns(member["member_id"])["age_years"][0]
    assert entry["body"]["profile"]["numbers"]["age_years"] == exact
    assert "profile_sealed" not in entry["body"]


def test_a_sealed_profile_moved_to_another_decision_does_not_open(desk):
    (member,) = _members(desk, 1)
    decision = desk.decide(member, 3_000)
    with desk.ledger.read() as view:
        (entry,) = view.entries_of_decision(decision)
        keys, sealed = view.identities.keys, entry.body["profile_sealed"]
        with pytest.raises(LedgerError, match="does not open"):
            keys.open(entry.subject_id, sealed, "another decision")
        assert keys.open(entry.subject_id, sealed, decision)
        raise_away = sealed[:-8] + "AAAAAAA="
        with pytest.raises(LedgerError, match="does not open"):
            keys.open(entry.subject_id, raise_away, decision)
