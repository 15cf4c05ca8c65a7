"""A home with accounts of four people, who approve, order or may do neither."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.access.accounts import Accounts
from api.access.first_run import NewAccount, create_account
from api.core.principal import Role
from api.core.settings import Settings
from cli.main import rongzi
from data.publishing.published_card import publish_card
from model.card.card_file import write_card
from model.policy.texts import use
from tests.support.cards.hand_written import wide_card

EVERYWHERE, WHY = ("",), ("--because", "decided in the committee")
PEOPLE: tuple[tuple[str, tuple[Role, ...], tuple[str, ...]], ...] = (
    ("head", ("head",), EVERYWHERE),
    ("manager", ("manager",), EVERYWHERE),
    ("analyst", ("analyst",), EVERYWHERE),
    ("county-head", ("head",), ("371502",)),
)


def order_in(result: Result) -> str:
    """Return the id of the order that a command printed."""
    return re.findall(r"^([0-9a-f]{8}) ", result.stdout, re.MULTILINE)[0]


@dataclass
class Home:
    """A home with two published cards and, on either database, accounts of four people."""

    path: Path
    settings: Settings
    passwords: dict[str, str]

    def run(self, *line: str, typed: str = "") -> Result:
        command = [*line, "--home", str(self.path)]
        return CliRunner().invoke(rongzi, command, input=typed)

    def typed(self, *names: str) -> str:
        return "".join(f"{self.passwords[name]}\n" for name in names)

    def orders(self, *line: str, by: str = "") -> Result:
        command = ["orders", "--home", str(self.path), *line]
        asked = ("--as", by) if by else ()
        typed = self.typed(by) if by else ""
        return CliRunner().invoke(rongzi, [*command, *asked], input=typed)

    def ordered(self, act: str, subject: str, *approvers: str) -> str:
        """Place an order of the analyst, have it approved, and return its id."""
        placed = self.orders("place", act, subject, *WHY, by="analyst")
        assert placed.exit_code == 0, placed.output
        order = order_in(placed)
        for name in approvers:
            approved = self.orders("approve", order, by=name)
            assert approved.exit_code == 0, approved.output
        return order


def approving_home(
    card_home: Path, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    """Yield a home of `settings` with two published cards and the accounts of `PEOPLE`."""
    path = settings.home
    shutil.copytree(card_home, path)
    write_card(folder / "second", wide_card())
    publish_card(path, folder / "second", "Tester", datetime(2023, 10, 2, tzinfo=UTC))
    monkeypatch.setenv("RONGZI_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("RONGZI_CHECKPOINTS", str(settings.checkpoints))
    with closing(Accounts(settings)) as accounts:
        accounts.prepare()
        made: list[NewAccount] = create_account(accounts, PEOPLE)
    yield Home(path, settings, {each.name: each.password for each in made})
    use({})
