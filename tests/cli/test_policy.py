"""A home adopts dated policy by two people; it is signed, and no past value is edited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.core.calendar import date_in_china
from api.editions.batch import publish_profile
from api.editions.in_use import load
from api.ledger.store import utc_now
from api.scoring.kernel import Basis
from cli.main import rongzi
from data.publishing.home_policy import adopted, policy_folder
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from model.errors import ContractError, GivenError
from model.policy.controls import controls_on
from model.policy.policy import policy_on
from model.policy.publication import publication_limits_on
from model.policy.texts import shipped_text, use
from training.gates.verdict import GATE_LIMITS

TODAY = date_in_china(utc_now())
TWO = ("--approved-by", "Head of Risk", "--approved-by", "Head of Credit", "--because", "survey")


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    yield
    use({})


@pytest.fixture
def home(published_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_home, tmp_path / "home"))


def run(home: Path, *words: str) -> Result:
    words = ("policy", *words, "--home", str(home))
    return CliRunner().invoke(rongzi, words, catch_exceptions=False)


def draft(tmp_path: Path, file: str, before: str, after: str) -> str:
    """Return a folder with one file in which `before` reads `after`."""
    folder = tmp_path / "draft"
    folder.mkdir(exist_ok=True)
    text = shipped_text(file)
    assert text.count(before) == 1, text.count(before)
    (folder / file).write_text(text.replace(before, after), encoding="utf-8")
    return str(folder)


def later(days: int = 1) -> str:
    return str(TODAY + timedelta(days=days))


def four_eyes(tmp_path: Path, day: str, yuan: int = 20_000) -> str:
    return draft(
        tmp_path, "policy.yaml", "values: {2020-01-01: 30000}",
        f"values: {{2020-01-01: 30000, {day}: {yuan}}}",
    )  # fmt: skip


def test_a_home_uses_the_shipped_policy_until_it_adopts_another(home: Path, tmp_path: Path) -> None:
    assert "shipped with the product" in run(home, "show").stdout
    folder = four_eyes(tmp_path, later(0))
    (change,) = json.loads(run(home, "diff", folder, "--json").stdout)
    assert (change["file"], change["entry"]) == ("policy.yaml", "four_eyes_above_yuan")
    assert (change["before"]["value"], change["after"]["value"]) == (30_000, 20_000)
    assert run(home, "check", folder).exit_code == 0
    assert adopted(home) is None
    done = run(home, "adopt", folder, *TWO)
    assert done.exit_code == 0
    shown = json.loads(run(home, "show", "--json").stdout)
    assert shown["adopted"]["approved_by"] == ["Head of Credit", "Head of Risk"]
    assert shown["adopted"]["because"] == "survey"
    assert shown["in_force"]["policy.yaml"]["four_eyes_above_yuan"] == 20_000
    assert policy_on(TODAY)["four_eyes_above_yuan"] == 20_000
    assert policy_on(TODAY - timedelta(days=1))["four_eyes_above_yuan"] == 30_000


def test_past_decisions_keep_their_digest_under_an_adopted_policy(
    home: Path, tmp_path: Path
) -> None:
    day = date(2023, 10, 1)
    before = policy_on(day).digest
    run(home, "adopt", four_eyes(tmp_path, later(0)), *TWO)
    assert policy_on(day).digest == before
    assert policy_on(TODAY).digest != before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("values: {2020-01-01: 30000}", "values: {2020-01-01: 90000}"),
        ("values: {2020-01-01: 30000}", "values: {2020-01-01: 30000, 2024-01-01: 90000}"),
        ("values: {2020-01-01: 30000}", "values: {2024-01-01: 30000}"),
    ],
)
def test_a_value_that_was_in_force_is_never_edited(
    home: Path, tmp_path: Path, before: str, after: str
) -> None:
    folder = draft(tmp_path, "policy.yaml", before, after)
    for words in (("check", folder), ("adopt", folder, *TWO)):
        with pytest.raises(ContractError, match="four_eyes_above_yuan on 20"):
            run(home, *words)
    assert adopted(home) is None


@pytest.mark.parametrize(
    ("file", "before", "after", "why"),
    [
        ("policy.yaml", "four_eyes_above_yuan:", "four_eyes_above:", "misspelt|missing"),
        ("controls.yaml", "claims_in_a_row:", "claims:", "unknown or missing"),
        ("publication.yaml", "values: {2020-01-01: 120}", "values: {2020-01-01: many}", "integer"),
        ("gates.yaml", "auc_least:", "auc:", "unknown or missing"),
    ],
)
def test_a_text_that_contradicts_itself_is_not_adopted(
    home: Path, tmp_path: Path, file: str, before: str, after: str, why: str
) -> None:
    folder = draft(tmp_path, file, before, after)
    with pytest.raises(ContractError, match=why):
        run(home, "adopt", folder, *TWO)
    assert adopted(home) is None


def test_a_future_value_that_contradicts_another_is_found_today(home: Path, tmp_path: Path) -> None:
    folder = draft(
        tmp_path, "publication.yaml", "values: {2020-01-01: 45}",
        f"values: {{2020-01-01: 45, {later(30)}: 400}}",
    )  # fmt: skip
    with pytest.raises(ContractError, match="above refused_edition_days"):
        run(home, "check", folder)


@pytest.mark.parametrize(
    "words",
    [TWO[:2] + TWO[4:], TWO[:2] * 2 + TWO[4:], (*TWO[:2], "--approved-by", " ", *TWO[4:])],
)
def test_one_person_adopts_nothing(home: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(GivenError):
        run(home, "adopt", four_eyes(tmp_path, later(0)), *words)
    assert adopted(home) is None


def test_controls_limits_and_gates_are_adopted_beside_the_policy(
    home: Path, tmp_path: Path
) -> None:
    day = later(0)
    for file, before, after in (
        ("controls.yaml", "2026-01-01: 90}", f"2026-01-01: 90, {day}: 30}}"),
        ("publication.yaml", "values: {2020-01-01: 45}", f"values: {{2020-01-01: 45, {day}: 40}}"),
    ):
        folder = draft(tmp_path, file, before, after)
        assert run(home, "adopt", folder, *TWO).exit_code == 0
        shutil.rmtree(folder)
    run(home, "show")
    assert controls_on(TODAY).ruling_binds_days == 30
    assert publication_limits_on(TODAY).referred_edition_days == 40
    assert GATE_LIMITS.on(TODAY) is not None
    found = adopted(home)
    assert found is not None
    assert set(found.texts) == {"controls.yaml", "publication.yaml"}


@pytest.mark.parametrize("part", ["policy.yaml", "statement.json", "statement.sig"])
def test_an_altered_policy_is_not_used(home: Path, tmp_path: Path, part: str) -> None:
    run(home, "adopt", four_eyes(tmp_path, later(0)), *TWO)
    found = adopted(home)
    assert found is not None
    path = policy_folder(home) / found.name / part
    payload = bytearray(path.read_bytes())
    payload[len(payload) // 2] ^= 1
    path.write_bytes(payload)
    with pytest.raises(ContractError):
        adopted(home)
    loaded = load(home)
    assert isinstance(loaded, tuple)
    assert loaded[0].field == "policy"


def test_a_service_keeps_the_policy_of_its_edition_after_an_adoption(
    home: Path, tmp_path: Path, simulated_archive: Archive, batch_profile: object
) -> None:
    before = load(home)
    assert not isinstance(before, tuple)
    run(home, "adopt", four_eyes(tmp_path, later(0)), *TWO)
    after = load(home)
    assert not isinstance(after, tuple)
    assert after.policy.digest == before.policy.digest
    assert after.policy["four_eyes_above_yuan"] == 30_000


def test_an_edition_is_served_under_the_policy_that_it_was_made_with_after_the_next_adoption(
    home: Path, tmp_path: Path, simulated_archive: Archive, batch_profile: object
) -> None:
    run(home, "adopt", four_eyes(tmp_path, later(0), 20_000), *TWO)
    run(home, "show")
    basis = Basis(TODAY, policy_on(TODAY), published_card(home))
    publish_profile(simulated_archive, batch_profile, basis, home, home / "rows.parquet")
    # The next adoption takes effect on the same day, because no night lies between.
    shutil.rmtree(tmp_path / "draft")
    folder = draft(
        tmp_path, "policy.yaml", "values: {2020-01-01: 30000}",
        f"values: {{2020-01-01: 30000, {later(0)}: 10000}}",
    )  # fmt: skip
    run(home, "adopt", folder, *TWO)
    loaded = load(home)
    assert not isinstance(loaded, tuple)
    assert loaded.policy["four_eyes_above_yuan"] == 20_000
    assert policy_on(TODAY)["four_eyes_above_yuan"] == 10_000


def test_the_texts_in_use_are_written_to_be_edited(home: Path, tmp_path: Path) -> None:
    run(home, "adopt", four_eyes(tmp_path, later(0)), *TWO)
    assert run(home, "show", "--write", str(tmp_path / "texts")).exit_code == 0
    assert json.loads(run(home, "diff", str(tmp_path / "texts"), "--json").stdout) == []
    assert "20000" in (tmp_path / "texts" / "policy.yaml").read_text(encoding="utf-8")
