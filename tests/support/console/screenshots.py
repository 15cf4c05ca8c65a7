"""Make the README's pictures of the console: ``python -m tests.support.console.screenshots``.

It serves a copy of the demo's home, so that the demo's ledger stays as it is. All people of a demo
are invented.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from pathlib import Path

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.editions.edition import Edition, PlaceFilter
from tests.support.console.browser import DESK, PHONE, Reader, chromium
from tests.support.paths import ROOT
from tests.support.service.running import home_to_write_in, serving

_FOLDER = ROOT / "docs/pictures"
_ACCOUNT = "officer-1"


def _member(home: Path, county: str) -> str:
    """Return a member of the second tier with an offer, whose page has something to say."""
    rows = Edition.current(home).page(PlaceFilter(county=county), "SECOND", None, 200)
    return next(str(row["member_id"]) for row in rows if row["limit_yuan"] >= 10_000)


def _county(home: Path) -> str:
    (first, *_) = Edition.current(home).funnel("county", PlaceFilter())
    return str(first["place_code"])


def make(home: Path) -> None:
    """Write the pictures of an officer's day on the demo in `home`."""
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        copy, county = home_to_write_in(home, Path(folder)), _county(home)
        with serving(copy, Path(folder) / "log") as running:
            with closing(Accounts(running.settings)) as accounts:
                rights = _ACCOUNT, ("officer",), (county,)
                (officer,) = create_account(accounts, [rights])
            phone, desk = (Reader.at(browser, running.url, size) for size in (PHONE, DESK))
            for reader in (phone, desk):
                reader.sign_in(_ACCOUNT, officer.password)
            member = _member(home, county)
            _take(phone, "/console/villages", "console-villages")
            _take(desk, f"/console/members/{member}", "console-member")
            phone.go(f"/console/members/{member}/ask")
            phone.page.locator("input[name=purpose]").first.check()
            phone.press(phone.page.locator("main button.button"))
            _save(phone, "console-answer")


def _take(reader: Reader, path: str, name: str) -> None:
    reader.go(path)
    _save(reader, name)


def _save(reader: Reader, name: str) -> None:
    reader.page.screenshot(path=str(_FOLDER / f"{name}.png"))


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "data")
    make(parser.parse_args().home)


if __name__ == "__main__":
    main()
