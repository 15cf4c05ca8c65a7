"""Promotion: who may approve, what is recorded, and rollback."""

import json
import shutil
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from click.testing import CliRunner

from cli.main import rongzi
from data.publishing.published_card import published_card
from model.errors import CardError, PromotionError
from training.promote import promote, roll_back

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """A card trained by Li Xun, and the same one recalibrated, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("promotion")
    rng = np.random.default_rng(7)
    income = rng.normal(size=1200).round(3)
    bad = (rng.random(1200) < 1 / (1 + np.exp(1 + 1.5 * income))).astype(int)
    pa_csv.write_csv(pa.table({"income": income, "bad": bad}), folder / "loans.csv")
    for line in (
        ["train", "--table", folder / "loans.csv", "--target", "bad", "--family", "woe",
         "--out", folder / "1", "--mlruns", folder / "mlruns", "--trained-by", "Li Xun"],
        ["recalibrate", folder / "1", "--bad-rate", "0.25", "--source", "vintages 2019 to 2024",
         "--out", folder / "2"],
    ):  # fmt: skip
        command = [*map(str, line), "--home", str(folder / "home")]
        result = CliRunner().invoke(rongzi, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        assert "门槛 gates:" in result.output
    return folder


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def put(cards, home, seed, who="Wang Pi"):
    return promote(str(cards / seed), who, NOW, home, cards / "none")


@pytest.mark.parametrize("name", ["Li Xun", " li xun ", "Ｌｉ Xun"])
def test_the_person_who_trained_a_card_may_not_approve_it(cards, home, name):
    with pytest.raises(PromotionError, match="trained this card and may not approve it"):
        put(cards, home, "1", name)
    assert not (home / "cards").exists()


def test_a_failing_gate_stops_the_promotion_and_is_named_with_its_remedy(cards, home, tmp_path):
    shutil.copytree(cards / "1", tmp_path / "card")
    path = tmp_path / "card" / "evidence.json"
    notes = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**notes, "points_psi": 0.4}), encoding="utf-8")
    with pytest.raises(PromotionError, match=r"POINTS_STABILITY: .*0.4000.*at most 0.25.*train"):
        promote(str(tmp_path / "card"), "Wang Pi", NOW, home, cards / "none")
    assert not (home / "cards").exists()


def test_a_promotion_records_who_trained_who_approved_and_what_was_flagged(cards, home):
    done = put(cards, home, "1")
    line = json.loads((home / "cards" / "promotions.jsonl").read_text(encoding="utf-8"))
    assert (line["trained_by"], line["approved_by"], line["kind"]) == (
        "Li Xun", "Wang Pi", "promotion",
    )  # fmt: skip
    assert line["flags"] == [verdict.gate for verdict in done.verdicts.flagged]
    written = json.loads((done.publication.folder / "gates.json").read_text(encoding="utf-8"))
    assert written["passed"] is True
    assert {"told", "remedy"} <= set(written["verdicts"][0])
    assert written["card_digest"] == published_card(home).digest


def test_one_command_rolls_back_and_a_second_one_is_refused(cards, home):
    first, second = put(cards, home, "1"), put(cards, home, "2")
    assert first.publication.card.digest != second.publication.card.digest
    result = CliRunner().invoke(rongzi, [
        "promote", "--rollback", "--approved-by", "Zhao", "--home", str(home),
        "--mlruns", str(home / "none"),
    ], catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert published_card(home).digest == first.publication.card.digest
    with pytest.raises(CardError, match="nothing to go back to"):
        roll_back("Zhao", NOW, home, cards / "none")
    assert published_card(home).digest == first.publication.card.digest


def test_a_recalibrated_card_is_promoted_like_any_other_and_states_its_source(cards, home):
    first, second = put(cards, home, "1"), put(cards, home, "2")
    found = second.publication.card.card.provenance
    assert found["recalibrated_from"] == first.publication.card.digest
    assert found["recalibration_source"] == "vintages 2019 to 2024"
    assert second.verdicts.champion_digest == first.publication.card.digest


def test_the_first_card_has_nothing_to_go_back_to(cards, home):
    put(cards, home, "1")
    with pytest.raises(CardError, match="replaced no card"):
        roll_back("Zhao", NOW, home, cards / "none")


def test_rollback_takes_no_card_and_promotion_needs_one(home):
    for arguments in (["--approved-by", "Zhao"], ["x", "--rollback", "--approved-by", "Zhao"]):
        result = CliRunner().invoke(rongzi, ["promote", *arguments, "--home", str(home)])
        assert result.exit_code == 2
        assert "--rollback alone" in result.output
