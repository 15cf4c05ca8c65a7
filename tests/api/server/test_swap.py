"""A set that is published while the service runs is used completely or not at all."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from api.core.calendar import date_in_china
from api.core.settings import Settings
from api.editions.batch import publish_profile
from api.editions.edition import Edition, PlaceFilter
from api.editions.in_use import Service
from api.editions.manifest import DATABASE, MANIFEST, current_folder, read_manifest
from api.scoring.kernel import Basis
from data.publishing.published_card import publish_card, published_card
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.card.card_file import CARD, write_card
from model.card.scorecard import Card
from model.policy.policy import policy_on
from tests.support.service.running import Running, serving

EARLIER = date(2023, 8, 1)


@pytest.fixture(scope="module")
def two_editions(
    published_home: Path,
    simulated_archive: Archive,
    member_card: Card,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A home with a second edition of another day, another card and so another policy, in use."""
    home = tmp_path_factory.mktemp("two") / "home"
    shutil.copytree(published_home, home)
    write_card(home / "another", replace(member_card, base=member_card.base + 10))
    publish_card(home, home / "another", "Tester", datetime(2023, 8, 1, tzinfo=UTC))
    basis = Basis(EARLIER, policy_on(EARLIER), published_card(home))
    profile = profile_as_of(simulated_archive, EARLIER, with_consent_days=True)
    publish_profile(simulated_archive, profile, basis, home, home / "earlier.parquet")
    return home


@pytest.fixture
def home(two_editions: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_editions, tmp_path / "home"))


@pytest.fixture
def running(home: Path, tmp_path: Path) -> Iterator[Running]:
    with serving(home, tmp_path / "serve.log") as found:
        yield found


def _editions(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "editions").glob("2*"))


def _point(home: Path, name: str) -> None:
    """Put an edition in use like publishing, by one atomic replacement."""
    draft = home / "editions" / "current.draft"
    draft.write_text(name + "\n")
    draft.replace(home / "editions" / "current")


def _version(service: Service) -> tuple[str, str, str]:
    return service.resources().version


def test_a_swap_changes_card_policy_and_edition_together(home: Path) -> None:
    earlier, later = _editions(home)
    service = Service(Settings(home))
    seen = []
    for name in (earlier, later, earlier):
        _point(home, name)
        service.refresh()
        seen.append(_version(service))
        made = read_manifest(home / "editions" / name)
        assert seen[-1] == (name, made.card_digest, made.policy_digest)
    assert seen[0] == seen[2]
    assert all(a != b for a, b in zip(seen[0], seen[1], strict=True))


def test_a_request_uses_one_set_to_its_end(home: Path) -> None:
    earlier, later = _editions(home)
    service = Service(Settings(home))
    service.refresh()
    resources = service.resources()
    before = resources.edition.page(PlaceFilter(), None, None, 500)
    _point(home, later)
    service.refresh()
    shutil.rmtree(home / "editions" / earlier)
    assert service.resources() is not resources
    assert resources.edition.page(PlaceFilter(), None, None, 500) == before


@pytest.mark.parametrize("broken", [DATABASE, MANIFEST])
def test_a_broken_new_edition_leaves_the_previous_one_in_use_and_is_logged(
    home: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, later = _editions(home)
    service = Service(Settings(home))
    service.refresh()
    before = _version(service)
    _flip_a_bit(home / "editions" / later / broken, random.Random(1))
    _point(home, later)
    service.refresh()
    assert _version(service) == before
    assert not service.missing()
    assert [part.field for part in service.waiting] == ["edition"]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[-1]["event"] == "kept the version before"
    assert broken in lines[-1]["why"]


def test_an_edition_under_another_releases_policy_leaves_the_previous_one_in_use(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, later = _editions(home)
    service = Service(Settings(home))
    service.refresh()
    before = _version(service)
    monkeypatch.setattr("api.editions.in_use._policy", lambda *_: None)
    _point(home, later)
    service.refresh()
    assert _version(service) == before
    assert [part.field for part in service.waiting] == ["policy"]


def test_flipped_bits_in_published_files_never_change_an_answer(home: Path) -> None:
    service = Service(Settings(home))
    service.refresh()
    edition = service.resources().edition
    rows = edition.page(PlaceFilter(), None, None, 500)
    profiles = [edition.columns(row["member_id"]) for row in rows[:20]]
    chance = random.Random(54)
    card = home / "cards" / service.resources().card.digest[:16] / CARD
    for path in [current_folder(home) / DATABASE, card] * 8:
        _flip_a_bit(path, chance)
        service.refresh()
        used = service.resources()
        assert used.edition.page(PlaceFilter(), None, None, 500) == rows
        assert str([used.edition.columns(row["member_id"]) for row in rows[:20]]) == str(profiles)


def test_a_flip_between_the_check_and_the_reading_is_impossible(home: Path) -> None:
    edition = Edition.current(home)
    rows = edition.page(PlaceFilter(), None, None, 500)
    for path in current_folder(home).iterdir():
        path.write_bytes(b"")
    assert edition.page(PlaceFilter(), None, None, 500) == rows


def test_the_private_copy_leaves_no_file_behind(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    edition = Edition.current(home)
    assert list(folder.iterdir()) == []
    assert edition.page(PlaceFilter(), None, None, 1)


def test_swaps_while_it_serves_fail_no_request_and_mix_no_version(
    running: Running, home: Path
) -> None:
    versions = {
        (made.as_of, made.card_digest, made.policy_digest)
        for made in (read_manifest(home / "editions" / name) for name in _editions(home))
    }
    seen = set()
    for turn in range(6):
        _point(home, _editions(home)[turn % 2])
        ready = running.ready()
        assert ready["ready"]
        for _ in range(20):
            status, text = running.get("/v1/whitelist?page_size=1")
            assert status == 200
            (row,) = json.loads(text)["rows"]
            seen.add((row["as_of"], row["card_digest"], row["policy_digest"]))
    assert seen == versions


def test_a_published_edition_is_used_automatically_and_counted(
    running: Running, home: Path
) -> None:
    from tests.support.service.running import wait_until

    _, later = _editions(home)
    _point(home, later)
    wait_until(
        lambda: any(line.get("edition") == later for line in running.lines()), "swapped", seconds=20
    )
    metrics = running.get("/metrics")[1]
    assert 'rongzi_swaps_total{result="taken"} 2.0' in metrics
    (day,) = re.findall(r"^rongzi_profiles_timestamp_seconds (\S+)$", metrics, flags=re.MULTILINE)
    as_of = date.fromisoformat(running.ready()["as_of"])
    assert date_in_china(datetime.fromtimestamp(float(day), UTC)) == as_of


def _flip_a_bit(path: Path, chance: random.Random) -> None:
    payload = bytearray(path.read_bytes())
    payload[chance.randrange(len(payload))] ^= 1 << chance.randrange(8)
    path.write_bytes(payload)
