"""``rongzi simulate``: write a simulated archive, and on demand the files branches would send."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("simulate")
@click.option("--members", default=87_459, show_default=True, type=click.IntRange(min=200))
@click.option("--months", default=36, show_default=True, type=click.IntRange(min=12, max=120))
@click.option("--seed", default=54, show_default=True, type=int)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
def command(members: int, months: int, seed: int, out: Path) -> None:
    """Simulate a member archive in OUT, the same bytes for the same seed."""
    from tqdm import tqdm

    from data.archive import Archive
    from data.simulator import load_scenario, simulate_monthly
    from model.errors import ArchiveError

    if out.exists() and any(out.iterdir()):
        raise ArchiveError(f"{out} is not empty: choose a new folder, or remove this one first")
    scenario = load_scenario()
    lived = months + scenario.window.run_up_months
    for _, simulation in tqdm(
        simulate_monthly(scenario, members, months, seed), total=lived, unit="month"
    ):
        if simulation is not None:
            simulation.write(Archive(out))


if __name__ == "__main__":
    command()
