"""Trainer and approver are two people: accounts on record, or two approvers for the rest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from api.access.card_trainers import trainers_of
from api.core.settings import Settings
from api.ledger.database import Location, open_engine
from api.ledger.tables import accesses
from api.verify.verify import verify_ledger
from cli.approvals import people_of_card
from cli.main import rongzi
from data.publishing.published_card import promotions, published_card
from model.card.card_file import read_card
from model.errors import AccessError
from tests.support.approving_home import Home, approving_home


@pytest.fixture
def home(
    card_home: Path, ledger_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    for each in approving_home(card_home, ledger_settings, tmp_path, monkeypatch):
        # Without a champion, which the gates would compare with rows that lack its attributes.
        shutil.rmtree(each.path / "cards")
        yield each


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of loans whose outcome follows one number."""
    path = tmp_path_factory.mktemp("table") / "loans.csv"
    rng = np.random.default_rng(7)
    income = rng.normal(size=1200).round(3)
    bad = (rng.random(1200) < 1 / (1 + np.exp(1 + 1.5 * income))).astype(int)
    pa_csv.write_csv(pa.table({"income": income, "bad": bad}), path)
    return path


def train_line(table: Path, out: Path) -> list[str]:
    return [
        "train", "--table", str(table), "--target", "bad", "--family", "woe", "--out", str(out),
        "--mlruns", str(out.parent / "mlruns"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def unrecorded(table: Path) -> Path:
    """A card that head trained and named "Another Person" as its trainer."""
    out = table.parent / "card"
    line = [*train_line(table, out), "--trained-by", "Another Person", "--home", str(out.parent)]
    done = CliRunner().invoke(rongzi, line, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out


def promote(home: Home, card: Path, *names: str, order: str = "") -> Result:
    approved = [word for name in names for word in ("--approved-by", name)]
    by = ["--order", order] if order else approved
    line = ["promote", str(card), *by, "--mlruns", str(card.parent / "none")]
    return home.run(*line, typed=home.typed(*names))


def test_the_line_after_a_training_asks_as_many_as_approve_it(home: Home, unrecorded: Path) -> None:
    assert people_of_card(home.path, read_card(unrecorded).digest) == 2


def test_a_trainer_under_another_name_does_not_approve_alone(home: Home, unrecorded: Path) -> None:
    before = promotions(home.path)
    alone = promote(home, unrecorded, "head")
    assert alone.exit_code == 2
    assert "2 people approve this" in alone.output
    twice = promote(home, unrecorded, "head", "head")
    assert twice.exit_code == 2
    assert promotions(home.path) == before
    done = promote(home, unrecorded, "head", "manager")
    assert done.exit_code == 0, done.output
    assert published_card(home.path).approved_by == "head, manager"
    again = promote(home, home.path / "cards" / published_card(home.path).digest[:16], "head")
    assert again.exit_code == 0, "a card that was in use is put back by one person"


def test_an_order_for_a_card_without_a_trainer_on_record_needs_two_approvals(
    home: Home, unrecorded: Path
) -> None:
    digest = read_card(unrecorded).digest
    order = home.ordered("promote", digest, "head")
    refused = promote(home, unrecorded, order=order)
    assert isinstance(refused.exception, AccessError)
    assert "have another person approve" in str(refused.exception)
    assert home.orders("approve", order, by="manager").exit_code == 0
    done = promote(home, unrecorded, order=order)
    assert done.exit_code == 0, done.output
    assert published_card(home.path).approved_by == "head, manager"


def test_a_trainer_on_record_is_an_account_that_signed_in_and_another_person_approves(
    home: Home, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "card"
    line = [*train_line(table, out), "--as", "head"]
    assert home.run(*line, typed="guessed and wrong\n").exit_code != 0
    assert not out.exists(), "nobody trains under a name without its password"
    trained = home.run(*line, typed=home.typed("head"))
    assert trained.exit_code == 0, trained.output
    location, digest = Location.of(home.settings), read_card(out).digest
    assert trainers_of(location, digest) == {"head"}
    assert people_of_card(home.path, digest) == 1
    assert "head trained this card" in promote(home, out, "head").output
    # Neither does an order that only the trainer approved.
    order = home.ordered("promote", digest, "head")
    refused = promote(home, out, order=order)
    assert isinstance(refused.exception, AccessError)
    done = promote(home, out, "manager")
    assert done.exit_code == 0, done.output
    assert promotions(home.path)[-1]["trained_by"] == "head"
    report = verify_ledger(location)
    assert report.is_sound, report.findings


def test_a_trainer_written_into_the_database_opens_nothing(home: Home, unrecorded: Path) -> None:
    digest = read_card(unrecorded).digest
    location = Location.of(home.settings)
    row = {
        "number": 10_000, "accessed_at": "2026-01-01T00:00:00.000Z", "actor": "manager",
        "route": "card_trained", "place_code": "", "persons": 0,
        "detail": f'{{"card":"{digest}"}}', "digest": "0" * 64,
    }  # fmt: skip
    engine = open_engine(location.url, writes=True)
    with engine.begin() as connection:
        connection.execute(insert(accesses), row)
    engine.dispose()
    refused = promote(home, unrecorded, "head")
    assert isinstance(refused.exception, AccessError)
    assert "by somebody else" in str(refused.exception)


def test_training_under_an_account_needs_a_home_with_accounts(table: Path, tmp_path: Path) -> None:
    line = [*train_line(table, tmp_path / "card"), "--as", "head", "--home", str(tmp_path)]
    assert CliRunner().invoke(rongzi, line).exit_code == 2
    assert not (tmp_path / "card").exists()
