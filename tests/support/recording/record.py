"""Make the recordings in ``tests/recordings`` anew, all or those that are named.

```
python -m tests.support.recording.record [interfaces] [cards] [line] [ledger]
```

They were made by the commit before the files moved into their rooms. They are renewed only for a
deliberate change of behaviour, in the commit that changes it, which says so: a recording that is
renewed to make a test pass has lost its use. ``hand_card.json`` is an input and is never renewed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# As tests/conftest.py does, before a library is loaded that reads it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.support import (
    branch_days,
    event_bodies,
    small_home,
    trained_cards,
    typed_line,
    verified,
)
from tests.support.recording.command_lines import command_line
from tests.support.recording.interfaces import openapi
from tests.support.recording.kept import keep


def interfaces(folder: Path) -> None:
    """Record the OpenAPI document's structure and the command line."""
    keep("openapi", openapi(folder))
    keep("command_line", command_line())


def cards(folder: Path) -> None:
    """Record every trained card with its digest."""
    keep("cards", trained_cards.all_cards(folder))


def line(folder: Path) -> None:
    """Record the files of every command of the main line."""
    keep("line", {part.__name__: part(folder) for part in typed_line.PARTS})


def ledger(folder: Path) -> None:
    """Record a home with a ledger, every answer on the way, and what events tell of it."""
    home = small_home.make_home(folder)
    answers = branch_days.live_through(home)
    keep("answers", answers)
    keep(
        "events",
        {
            "sent": event_bodies.events(home),
            "files": event_bodies.endpoint_files(folder / "sender"),
            "read": event_bodies.endpoints_read(folder / "sender"),
        },
    )
    keep("verified", verified.verified(home))
    shutil.rmtree(small_home.OLD_HOME, ignore_errors=True)
    # No key enters the repository: small_home.put_keys writes them wherever the home is used.
    shutil.copytree(home, small_home.OLD_HOME, ignore=shutil.ignore_patterns("keys"))


_ALL: dict[str, Callable[[Path], None]] = {
    "interfaces": interfaces, "cards": cards, "line": line, "ledger": ledger,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Make the recordings named, or all."""
    for name in names or _ALL:
        with tempfile.TemporaryDirectory() as folder:
            _ALL[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
