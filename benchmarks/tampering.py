"""Random tamperings of a ledger, and how many of them ``verify-ledger`` finds.

python -m benchmarks.tampering --home data
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from tests.support.ledger_filling import loaded
from tests.support.tampering.trial import filled, more_of, tried_on_copies


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--tamperings", default=1_000, show_default=True)
@click.option("--decisions", default=40, show_default=True)
@click.option("--seed", default=54, show_default=True)
def main(home: Path, tamperings: int, decisions: int, seed: int) -> None:
    """Tamper, verify, and print what was found."""
    with tempfile.TemporaryDirectory() as folder:
        resources = loaded(home)
        location = filled(resources, Path(folder), decisions)
        more = more_of(resources, decisions)
        tried, missed = tried_on_copies(location, Path(folder), tamperings, seed, more)
    told = {
        "tamperings": sum(tried.values()),
        "kinds": len(tried),
        "found": sum(tried.values()) - len(missed),
        "missed": missed,
        "by kind": dict(sorted(tried.items())),
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
