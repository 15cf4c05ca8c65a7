"""Write the recordings in ``tests/recordings``: all of them, or those that are named.

    python -m tests.support.recording.record [interfaces] [cards] [line] [answers] [ledger]
        [model_runs]

The commit before the files moved into their rooms made them. Renew one only for a deliberate change
of behaviour, in the commit that makes the change and says so: a recording that is renewed to make a
test pass proves nothing. ``hand_card.json`` is an input and is never renewed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# As in tests/conftest.py: set before the library that reads it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.support.recording import (
    branch_days,
    events,
    home,
    main_line,
    model_runs,
    trained_cards,
    verification,
)
from tests.support.recording.interfaces import command_line, openapi
from tests.support.recording.recordings import save


def interfaces(folder: Path) -> None:
    """Record the OpenAPI document's structure and the command line."""
    save("openapi", openapi(folder))
    save("command_line", command_line())


def cards(folder: Path) -> None:
    """Record every trained card with its digest."""
    save("cards", trained_cards.all_cards(folder))


def line(folder: Path) -> None:
    """Record the files of every command of the main line."""
    save("line", {name: record(folder) for name, record in main_line.PARTS.items()})


def answers(folder: Path) -> None:
    """Record the answers of the recorded home to the same requests; its entries stay."""
    recorded = home.old_home(folder / "home", with_ledger=False)
    save("answers", branch_days.run_days(recorded))


def ledger(folder: Path) -> None:
    """Record a home with a ledger, every answer on the way, and the events of its entries."""
    made = home.make_home(folder)
    save("answers", branch_days.run_days(made))
    save(
        "events",
        {
            "sent": events.event_bodies(made),
            "files": events.endpoint_files(folder / "sender"),
            "read": events.read_endpoints(folder / "sender"),
        },
    )
    save("verified", verification.verify(made))
    shutil.rmtree(home.OLD_HOME, ignore_errors=True)
    # No key enters the repository: home.put_keys writes them wherever the home is used.
    shutil.copytree(made, home.OLD_HOME, ignore=shutil.ignore_patterns("keys"))


_ALL: dict[str, Callable[[Path], None]] = {
    "interfaces": interfaces, "cards": cards, "line": line, "answers": answers,
    "ledger": ledger, "model_runs": model_runs.record,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Write the recordings that are named, or all."""
    for name in names or _ALL:
        with tempfile.TemporaryDirectory() as folder:
            _ALL[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
