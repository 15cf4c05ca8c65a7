"""Approvers on the console: accounts that sign in, or an order that a command executes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.core.settings import Settings
from api.editions.catalogue import records
from api.editions.manifest import current_folder
from api.ledger.database import Location
from api.verify.verify import verify_ledger
from cli.main import rongzi
from cli.whitelist import HELD
from data.publishing.published_card import promotions, published_card
from data.storage.archive import Archive
from model.errors import AccessError
from model.policy.texts import shipped_text
from tests.support.approving_home import PEOPLE, WHY, Home, approving_home, order_in


@pytest.fixture
def home(
    card_home: Path, ledger_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    yield from approving_home(card_home, ledger_settings, tmp_path, monkeypatch)


ROLLBACK = ("promote", "--rollback", "--mlruns", "none")


def test_an_approver_of_a_card_signs_in_and_is_on_record(home: Home) -> None:
    before = published_card(home.path).digest
    done = home.run(*ROLLBACK, "--approved-by", "head", typed=home.typed("head"))
    assert done.exit_code == 0, done.output
    card = published_card(home.path)
    assert card.approved_by == "head"
    assert card.digest != before
    report = verify_ledger(Location.of(home.settings))
    assert report.is_sound, report.findings


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Head of Risk", "anything at all\n"),
        ("head", "guessed and wrong\n"),
        ("head", ""),
        ("analyst", "of the analyst"),
        ("county-head", "of the county-head"),
    ],
)
def test_a_name_without_an_account_that_approves_promotes_nothing(
    home: Home, name: str, typed: str
) -> None:
    before = promotions(home.path)
    password = home.typed(name) if typed.startswith("of the") else typed
    refused = home.run(*ROLLBACK, "--approved-by", name, typed=password)
    assert refused.exit_code != 0
    assert promotions(home.path) == before


def test_an_order_promotes_the_card_that_was_approved_once_and_is_named(home: Home) -> None:
    earlier = promotions(home.path)[0]["card_digest"]
    order = home.ordered("promote", earlier, "manager")
    done = home.run(*ROLLBACK, "--order", order)
    assert done.exit_code == 0, done.output
    assert f"order {order}" in done.output
    last = promotions(home.path)[-1]
    assert (last["card_digest"], last["approved_by"], last["order"]) == (earlier, "manager", order)
    listed = home.orders("list").output
    assert f"{order} done" in listed
    again = home.run(*ROLLBACK, "--order", order)
    assert again.exit_code != 0


@pytest.mark.parametrize("approvers", [(), ("manager",)])
def test_an_order_of_another_card_or_without_approval_promotes_nothing(
    home: Home, approvers: tuple[str, ...]
) -> None:
    before = promotions(home.path)
    subject = promotions(home.path)[0]["card_digest"] if not approvers else "ab" * 32
    order = home.ordered("promote", subject, *approvers)
    assert home.run(*ROLLBACK, "--order", order).exit_code != 0
    assert promotions(home.path) == before


def test_approver_and_order_exclude_each_other_and_one_is_needed(home: Home) -> None:
    both = home.run(*ROLLBACK, "--order", "0" * 8, "--approved-by", "head")
    assert both.exit_code == home.run(*ROLLBACK).exit_code == 2


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Controls with another number from tomorrow's decade on."""
    folder = tmp_path / "texts"
    folder.mkdir()
    spec = yaml.safe_load(shipped_text("controls.yaml"))
    spec["persons_an_hour"]["values"][datetime(2099, 1, 1).date()] = 900  # noqa: DTZ001
    text = yaml.safe_dump(spec, allow_unicode=True)
    (folder / "controls.yaml").write_text(text, encoding="utf-8")
    return folder


def _adopted(home: Home) -> dict[str, Any]:
    shown = json.loads(home.run("policy", "show", "--json").output)
    found: dict[str, Any] = shown["adopted"] or {}
    return found


def test_a_policy_is_adopted_by_two_accounts_that_sign_in(home: Home, texts: Path) -> None:
    adopt = ("policy", "adopt", str(texts), *WHY)
    two = ("--approved-by", "head", "--approved-by", "manager")
    one = home.run(*adopt, *two[:2], *two[:2], typed=home.typed("head", "head"))
    half = home.run(*adopt, *two, typed=home.typed("head") + "guessed and wrong\n")
    other = home.run(
        *adopt, *two[:2], "--approved-by", "analyst", typed=home.typed("head", "analyst")
    )
    assert 0 not in (one.exit_code, half.exit_code, other.exit_code)
    assert _adopted(home) == {}
    done = home.run(*adopt, *two, typed=home.typed("head", "manager"))
    assert done.exit_code == 0, done.output
    assert _adopted(home)["approved_by"] == ["head", "manager"]


def test_a_policy_is_adopted_by_an_order_of_two(home: Home, texts: Path) -> None:
    checked = json.loads(home.run("policy", "check", str(texts), "--json").output)
    order = home.ordered("adopt", checked["digest"], "head")
    adopt = ("policy", "adopt", str(texts), "--order", order)
    assert home.run(*adopt).exit_code != 0
    assert home.orders("approve", order, by="manager").exit_code == 0
    (texts / "controls.yaml").write_text(
        (texts / "controls.yaml").read_text(encoding="utf-8").replace("900", "901"), "utf-8"
    )
    changed = home.run(*adopt)
    assert changed.exit_code != 0
    (texts / "controls.yaml").write_text(
        (texts / "controls.yaml").read_text(encoding="utf-8").replace("901", "900"), "utf-8"
    )
    done = home.run(*adopt)
    assert done.exit_code == 0, done.output
    found = _adopted(home)
    assert (found["approved_by"], found["order"], found["because"]) == (
        ["head", "manager"], order, WHY[1],
    )  # fmt: skip


def test_who_orders_has_a_role_that_orders_and_an_own_password(home: Home) -> None:
    refused = home.orders("place", "promote", "ab" * 32, *WHY, by="analyst")
    assert refused.exit_code == 0
    own = home.orders("place", "promote", "ab" * 32, *WHY, by="head")
    assert home.orders("approve", order_in(own), by="head").exit_code != 0
    stranger = home.orders("place", "promote", "ab" * 32, *WHY, "--as", "nobody")
    assert stranger.exit_code != 0


def test_a_home_without_accounts_takes_names_as_before(card_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "home"
    shutil.copytree(card_home, path)
    digest = published_card(path).digest
    again = CliRunner().invoke(
        rongzi,
        ["promote", str(path / "cards" / digest[:16]), "--approved-by", "Demo Approver",
         "--home", str(path), "--mlruns", str(tmp_path / "none")],
    )  # fmt: skip
    assert again.exit_code == 0, again.output
    assert published_card(path).approved_by == "Demo Approver"


def test_an_edition_beyond_its_limits_is_published_by_an_order_on_exactly_that_draft(
    published_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "home"
    shutil.copytree(published_home, path)
    with closing(Accounts(Settings(path))) as accounts:
        accounts.prepare()
        made = create_account(accounts, PEOPLE)
    home = Home(path, Settings(path), {each.name: each.password for each in made})

    def whitelist(day: str, *more: str) -> Result:
        archive = ("--archive", str(simulated_archive.folder))
        out = ("--out", str(tmp_path / "rows.parquet"))
        return home.run("whitelist", *archive, "--as-of", day, *out, *more)

    held = whitelist("2023-12-20")
    assert held.exit_code == HELD
    subject = held.stderr.split("rongzi orders place publish ")[1].split()[0]
    order = home.ordered("publish", subject, "manager")
    other = whitelist("2023-12-21", "--order", order)
    assert isinstance(other.exception, AccessError)
    assert current_folder(path).name == current_folder(published_home).name
    done = whitelist("2023-12-20", "--order", order)
    assert done.exit_code == 0, done.output
    line = records(path)[-1]
    assert (line["approved_by"], line["order"]) == ("manager", order)
    back = home.run("editions", "rollback", "--approved-by", "head", *WHY, typed=home.typed("head"))
    assert back.exit_code == 0, back.output
    assert current_folder(path).name == current_folder(published_home).name
