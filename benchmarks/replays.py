"""Replay decisions from the ledger and count those that are equal field by field.

    python -m benchmarks.replays --home data --decisions 10000

Fills a temporary ledger with decisions on the members of the published edition, closes it, and
replays every decision from its stored entry.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import click

from api.core.settings import Settings
from api.decisions.replay import replay
from api.ledger.database import Location
from api.ledger.store import open_view
from api.ledger.writer import Ledger
from tests.support.ledger.filling import asks, fill, loaded


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--decisions", default=10_000, show_default=True)
def main(home: Path, decisions: int) -> None:
    """Decide, replay, and print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        ledger = Ledger.open(settings)
        fill(ledger, asks(loaded(home), decisions))
        ledger.close()
        began = time.perf_counter()
        equal, different, repeated = _replay_all(Location.of(settings))
    print(json.dumps({
        "asked": decisions, "same question asked again": repeated, "replayed": equal + different,
        "equal": equal, "different": different, "seconds": round(time.perf_counter() - began, 1),
    }, indent=1))  # fmt: skip


def _replay_all(location: Location) -> tuple[int, int, int]:
    after, equal, different, repeated = 0, 0, 0, 0
    with open_view(location) as view:
        while page := view.entries_where(after=after):
            for entry in page:
                if entry.kind == "REPEATED" or entry.decision_id is None:
                    repeated += 1
                elif replay(view, entry.decision_id).differences:
                    different += 1
                else:
                    equal += 1
            after = page[-1].seq
    return equal, different, repeated


if __name__ == "__main__":
    main()
