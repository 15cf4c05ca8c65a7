"""Random tampering with a ledger, and how much of it ``verify-ledger`` finds.

python -m benchmarks.tampering --home data
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from tests.support.ledger.filling import loaded
from tests.support.tampering.trial import fill_ledger, new_commands, tamper_with_copies


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--tamperings", default=1_000, show_default=True)
@click.option("--decisions", default=40, show_default=True)
@click.option("--seed", default=54, show_default=True)
def main(home: Path, tamperings: int, decisions: int, seed: int) -> None:
    """Tamper, verify, and print how many changes were found."""
    with tempfile.TemporaryDirectory() as folder:
        resources = loaded(home)
        location = fill_ledger(resources, Path(folder), decisions)
        commands = new_commands(resources, decisions)
        tried, missed = tamper_with_copies(location, Path(folder), tamperings, seed, commands)
    figures = {
        "tamperings": sum(tried.values()),
        "kinds": len(tried),
        "found": sum(tried.values()) - len(missed),
        "missed": missed,
        "by kind": dict(sorted(tried.items())),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
