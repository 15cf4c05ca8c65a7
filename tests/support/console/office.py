"""A running service with its staff, who open the console in real browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from api.access.accounts import Accounts
from api.access.first_run import create_account
from tests.support.console.browser import Reader
from tests.support.recording.model_runs import put_model_runs
from tests.support.service.running import home_to_write_in, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from api.core.principal import Role

STAFF: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("asker", ("officer",)), ("payer", ("officer",)), ("keeper", ("officer",)),
    ("reviewer", ("reviewer",)), ("manager", ("manager",)), ("auditor", ("auditor",)),
    ("admin", ("admin",)), ("admin-2", ("admin",)), ("operator", ("operator",)),
    ("head", ("head",)), ("analyst", ("analyst",)),
)  # fmt: skip


@dataclass
class Office:
    """A running service, its staff's passwords, and members who have not asked yet."""

    url: str
    passwords: dict[str, str]
    waiting: dict[str, Iterator[str]]

    def reader(
        self, browser: Browser, account: str, size: tuple[int, int], language: str = "zh"
    ) -> Reader:
        """Return the browser of `account`, signed in."""
        reader = Reader.at(browser, self.url, size)
        reader.sign_in(account, self.passwords[account], language)
        return reader

    def reader_of_a_village(
        self, browser: Browser, size: tuple[int, int], language: str = "zh"
    ) -> Reader:
        """Return the browser of the officer who asks, at the sheet of a village."""
        reader = self.reader(browser, "asker", size, language)
        reader.page.select_option("#village", index=1)
        reader.press(reader.page.locator("main form .button"))
        reader.press(reader.page.locator('main a[href^="/console/villages/"]'))
        return reader

    def member(self, tier: str) -> str:
        """Return a member of `tier` whom nobody was given before."""
        return next(self.waiting[tier])


@contextmanager
def open_office(published_home: Path, folder: Path) -> Iterator[Office]:
    """Serve a copy of `published_home` under `folder`, with an account for each of the staff."""
    home = home_to_write_in(published_home, folder)
    put_model_runs(home)
    rows = pq.read_table(published_home / "rows.parquet").to_pylist()
    waiting = {
        tier: iter([r["member_id"] for r in rows if r["tier"] == tier and _fits(r)])
        for tier in ("FIRST", "SECOND", "NONE")
    }
    with serving(home, folder / "log") as running:
        with closing(Accounts(running.settings)) as accounts:
            created = create_account(accounts, [(name, roles, ("",)) for name, roles in STAFF])
        yield Office(running.url, {each.name: each.password for each in created}, waiting)


def _fits(row: dict[str, Any]) -> bool:
    return bool(row["limit_yuan"] >= 5_000) or row["tier"] == "NONE"


def ask(reader: Reader, member: str, yuan: int) -> str:
    """Fill in the form and send it; return the address of the decision."""
    reader.go(f"/console/members/{member}/ask")
    reader.look()
    reader.page.fill("#amount_yuan", str(yuan))
    reader.page.locator("input[name=purpose]").first.check()
    reader.press(reader.page.locator("main button.button"))
    return reader.page.url.removeprefix(reader.base)
