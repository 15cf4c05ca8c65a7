"""A demo home carries the day it plays on, so that its edition of the past is not stale.

The mark is written when the home is made and holds nothing yet; the editions published in it carry
the day in their manifest. No other home can have one: a mark beside other stores is refused, and so
is an edition whose day is not that of its home.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from api.core.calendar import date_in_china
from api.editions.manifest import Manifest
from data.storage.key_files import create
from model.errors import EditionError, GivenError

MARK = "demo.json"
#: Stores of a home that somebody works in.
_STORES = ("archive", "cards", "editions", "keys", "ledger", "policy")


def mark_demo(home: Path, plays_on: date) -> None:
    """Mark the empty home as a demo that plays on `plays_on`.

    Raises
    ------
    GivenError
        If the home already holds something.
    """
    present = [name for name in _STORES if (home / name).exists()]
    if present:
        raise GivenError(
            f"{home / present[0]} exists, so this home cannot become a demo; choose an empty folder"
        )
    create(home / MARK, json.dumps({"plays_on": plays_on.isoformat()}).encode() + b"\n", 0o644)


def demo_day(home: Path) -> date | None:
    """Return the day that the demo `home` plays on; None for any other home.

    Raises
    ------
    EditionError
        If the mark cannot be read.
    """
    path = home / MARK
    if not path.exists():
        return None
    try:
        return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["plays_on"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EditionError(f"{path}: is no mark of a demo; make the demo again") from error


def today_in(home: Path) -> date:
    """Return the day that a demo plays on; in any other home today's date in China.

    Raises
    ------
    EditionError
        If the mark of a demo cannot be read.
    """
    return demo_day(home) or date_in_china(datetime.now(UTC))


def refuse_other_day(home: Path, manifest: Manifest) -> None:
    """Refuse an edition of a demo in another home, and one of another home in a demo.

    Raises
    ------
    EditionError
        If the day in the manifest is not the one of the home.
    """
    day = demo_day(home)
    if manifest.demo_day != (day.isoformat() if day else ""):
        raise EditionError(
            f"{home}: the edition {_named(manifest.demo_day)} and the home"
            f" {_named(day.isoformat() if day else '')}; publish in a home of its own"
        )


def _named(day: str) -> str:
    return f"is of a demo that plays on {day}" if day else "is of no demo"
