"""``rongzi simulate``: write a simulated archive, and if asked the files of its branches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import FILE, FOLDER
from model.errors import ArchiveError

if TYPE_CHECKING:
    from data.simulator import Simulation


@click.command("simulate")
@click.option("--members", default=87_459, show_default=True, type=click.IntRange(min=200))
@click.option("--months", default=36, show_default=True, type=click.IntRange(12, 120))
@click.option("--seed", default=54, show_default=True, type=click.IntRange(min=0))
@click.option("--out", required=True, type=FOLDER, help="New or empty folder for the archive.")
@click.option(
    "--export-files", "exported", type=FOLDER, help="Also write branch files to this folder."
)
@click.option(
    "--dirt",
    type=FILE,
    help="Manifest of dirty rows; without it, dirt.csv beside the branch files.",
)
@click.option("--truth", type=FILE, help="Also write every member's true outcome (Parquet).")
@click.option("--replications", default=6, show_default=True, type=click.IntRange(1, 100))
def command(
    members: int,
    months: int,
    seed: int,
    out: Path,
    exported: Path | None,
    dirt: Path | None,
    truth: Path | None,
    replications: int,
) -> None:
    """Simulate a member archive; the same seed gives the same bytes."""
    from data.storage.archive import Archive

    for folder in (out, exported):
        _refuse_occupied(folder)
    simulation = _simulate(members, months, seed)
    simulation.write(Archive(out))
    if exported is not None:
        _export(simulation, exported, dirt or exported.parent / "dirt.csv")
    if truth is not None:
        _write_truth(simulation, truth, replications)
    _print_totals(simulation)


def _refuse_occupied(folder: Path | None) -> None:
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise ArchiveError(f"{folder} is not empty: name a new folder, or remove this one first")


def _simulate(members: int, months: int, seed: int) -> Simulation:
    from tqdm import tqdm

    from data.simulator import load_scenario, simulate_monthly

    scenario = load_scenario()
    by_month = simulate_monthly(scenario, members, months, seed)
    total = months + scenario.window.run_up_months
    *_, (_, simulation) = tqdm(by_month, total=total, unit="month", desc="simulate", disable=None)
    if simulation is None:
        raise RuntimeError("the last month did not close the simulation")
    return simulation


def _export(simulation: Simulation, folder: Path, dirt: Path) -> None:
    from tqdm import tqdm

    from data.simulator.branch_files.export import write_manifest

    written = tqdm(simulation.export(folder), unit="file", desc="export", disable=None)
    write_manifest(dirt, [row for rows in written for row in rows])


def _write_truth(simulation: Simulation, path: Path, replications: int) -> None:
    import pyarrow.parquet as pq

    from data.storage.private_files import drafted

    truth = simulation.truth(simulation.closing_day, replications)
    with drafted(path) as draft:
        pq.write_table(truth, draft)


def _print_totals(simulation: Simulation) -> None:
    from data.simulator.totals import compared

    tell(totals=dict(simulation.totals()))
    click.echo(f"{'total':22} {'simulated':>14} {'target':>14}")
    for line in compared(simulation.world.scenario, simulation.totals()):
        click.echo(line)
