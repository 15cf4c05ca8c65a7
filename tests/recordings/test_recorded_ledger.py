"""The ledger's bytes are as before the files moved, and a ledger of that time opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.core.settings import Settings
from api.decisions.profiles import ProfileErasedError, stored_profile
from api.ledger.database import Location
from api.ledger.store import open_view
from cli.main import rongzi
from tests.support.recording.branch_days import READS, read_again, run_days, write_again
from tests.support.recording.events import (
    endpoint_files,
    event_bodies,
    read_endpoints,
    without_secrets,
)
from tests.support.recording.home import OLD_HOME, old_home
from tests.support.recording.ledger_rows import ledger_bytes
from tests.support.recording.recordings import as_json, differences, read_recording
from tests.support.recording.verification import run_json, verify


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A home where the recorded requests ran again, and each answer."""
    home = old_home(tmp_path_factory.mktemp("new") / "home", with_ledger=False)
    return home, run_days(home)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The recorded home with its ledger upgraded."""
    found = old_home(tmp_path / "home", with_ledger=True)
    done = CliRunner().invoke(rongzi, ["upgrade-ledger", "--home", str(found)])
    assert done.exit_code == 0, done.output
    return found


def test_the_same_requests_write_the_rows_recorded_before_the_move(
    new: tuple[Path, dict[str, Any]],
) -> None:
    """Every cell but what is new: the authority of acts, records of erasures, digests over them."""
    home, _ = new
    before, now = (_without_authority(ledger_bytes(each)) for each in (OLD_HOME, home))
    found = differences(before, as_json(now))
    assert found == [], found[:20]
    assert run_json("verify-ledger", "--home", home, "--json")["sound"]


#: Tables that the recorded release did not have, and the step of its migrations.
_OF_LATER_RELEASES = ("alembic_version", "person_keys", "second_factors", "sessions")


def _without_authority(found: dict[str, Any]) -> dict[str, Any]:
    # A seal names the first and last access record that it covers; those are numbered anew.
    covering = {"authority", "digest", "previous", "signature", "looks", "look", "from_look"}
    return {
        table: [
            {
                name: _without_profile(cell) if (table, name) == ("entries", "body") else cell
                for name, cell in row.items()
                if table == "versions" or name not in covering
            }
            for row in (_without_erasures(rows) if table == "accesses" else rows)
        ]
        for table, rows in found["rows"].items()
        if table not in _OF_LATER_RELEASES
    } | {"lines": len(found["outside"])}


def _without_erasures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the access records without those of erasures, which are new, numbered as without."""
    kept = [row for row in rows if row["route"] != "post_member_erasure"]
    return [{**row, "number": number} for number, row in enumerate(kept, 1)]


def _without_profile(body: str) -> dict[str, Any]:
    """Return a body without what is new: the sealed profile, and what a consent covers."""
    fields = {"profile", "profile_sealed", "person_key", "profile_bins", "by_consent_alone",
              "purposes", "recipient"}  # fmt: skip
    return {name: value for name, value in json.loads(body).items() if name not in fields}


def test_the_sealed_profiles_are_those_recorded_before_they_were_sealed(
    new: tuple[Path, dict[str, Any]],
) -> None:
    home, _ = new
    before = {
        row["decision_id"]: json.loads(row["body"])["profile"]
        for row in ledger_bytes(OLD_HOME)["rows"]["entries"]
        if row["kind"] == "DECISION"
    }
    opened, empty, erased = 0, 0, 0
    with open_view(Location.of(Settings(home))) as view:
        for entry in view.entries_where(["DECISION"]):
            try:
                profile = stored_profile(view, entry)
            except ProfileErasedError:
                erased += 1
                continue
            empty += "profile" in entry.body
            opened += profile == before[str(entry.decision_id)]
    assert (opened, empty, erased) == (len(before) - empty - erased, empty, 1)
    assert opened > 5
    assert empty > 0


def test_every_act_of_the_recorded_days_carries_its_authority(
    new: tuple[Path, dict[str, Any]],
) -> None:
    home, _ = new
    rows = ledger_bytes(home)["rows"]
    assert all(row["authority"] for row in rows["entries"])
    assert all(row["authority"] for row in rows["accesses"] if row["request_id"])


def test_the_same_requests_are_answered_as_recorded_before_the_move(
    new: tuple[Path, dict[str, Any]],
) -> None:
    _, answers = new
    assert differences(read_recording("answers"), as_json(answers)) == []


def test_the_body_of_an_event_is_as_recorded_before_the_move(
    new: tuple[Path, dict[str, Any]],
) -> None:
    home, _ = new
    assert differences(read_recording("events")["sent"], event_bodies(home)) == []


def test_the_recorded_days_hold_every_kind_of_entry_that_a_route_writes() -> None:
    kinds = {row["kind"] for row in ledger_bytes(OLD_HOME)["rows"]["entries"]}
    assert kinds == {
        "DECISION", "REPEATED", "REVIEW_REQUESTED", "REVIEW_CLAIMED", "REVIEW_DECIDED",
        "OVERRIDDEN", "DISBURSED", "DISBURSEMENT_CANCELLED", "CONSENT_GIVEN", "CONSENT_WITHDRAWN",
        "EXPORTED", "ERASED",
    }  # fmt: skip


def test_an_old_ledger_is_found_sound_and_every_decision_of_it_replays_equal(home: Path) -> None:
    found = as_json(verify(home))
    assert found["ledger"]["sound"]
    assert len(found["replays"]) > 5
    assert all(each["equal"] for each in found["replays"])
    assert differences(read_recording("verified"), found) == []


def test_an_upgrade_leaves_every_row_of_an_old_ledger_as_it_is(home: Path) -> None:
    before, now = ledger_bytes(OLD_HOME), ledger_bytes(home)
    for table in (name for name in before["rows"] if name != "alembic_version"):
        for was, found in zip(before["rows"][table], now["rows"][table], strict=True):
            assert found.items() >= was.items(), table
    assert now["outside"] == before["outside"]


def test_an_old_ledger_is_answered_over_http_as_it_was(home: Path) -> None:
    answers = read_recording("answers")
    before = {step.name: answers[step.name] for step in READS}
    assert differences(before, as_json(read_again(home, answers))) == []


def test_an_old_ledger_can_be_continued(home: Path) -> None:
    answers = read_recording("answers")
    found = as_json(write_again(home, answers))
    assert differences(answers["granted-again"], found["granted-again"]) == []
    assert found["goes-on"]["status"] == 200
    assert run_json("verify-ledger", "--home", home, "--json")["sound"]


def test_endpoints_are_written_and_read_as_before_the_move(tmp_path: Path) -> None:
    before = read_recording("events")
    files = {name: without_secrets(text) for name, text in before["files"].items()}
    assert differences(files, endpoint_files(tmp_path / "new")) == []
    old = tmp_path / "old"
    (old / "webhooks").mkdir(parents=True)
    for name, text in before["files"].items():
        (old / "webhooks" / name).write_text(text, encoding="utf-8")
    assert differences(before["read"], as_json(read_endpoints(old))) == []
