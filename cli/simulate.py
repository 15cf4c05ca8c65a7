"""``rongzi simulate``: write a simulated archive, and if asked the files of its branches."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import FILE, FOLDER
from model.errors import GivenError

if TYPE_CHECKING:
    import pyarrow as pa

    from data.simulator import Simulation
    from data.simulator.totals import Comparison


@click.command("simulate")
@click.option("--members", default=87_459, show_default=True, type=click.IntRange(min=200))
@click.option("--months", default=60, show_default=True, type=click.IntRange(12, 120))
@click.option("--seed", default=54, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--out",
    type=FOLDER,
    help="New or empty folder for the archive; without it, only --truth is written.",
)
@click.option(
    "--export-files", "exported", type=FOLDER, help="Also write branch files to this folder."
)
@click.option(
    "--dirt",
    type=FILE,
    help="Manifest of dirty rows; without it, dirt.csv beside the branch files.",
)
@click.option("--truth", type=FILE, help="Also write every member's true outcomes (Parquet).")
@click.option("--replications", default=6, show_default=True, type=click.IntRange(1, 100))
@click.option(
    "--offers",
    type=FILE,
    help="Rows of an edition: the truth's offered loan is theirs, not what a member would ask.",
)
@click.option(
    "--check", is_flag=True, help="Check whether the archive earns trust; exit 1 if it does not."
)
def command(
    members: int,
    months: int,
    seed: int,
    out: Path | None,
    exported: Path | None,
    dirt: Path | None,
    truth: Path | None,
    replications: int,
    offers: Path | None,
    check: bool,
) -> None:
    """Simulate a member archive; print the figures of the seed beside the simulated ones.

    The same seed gives the same bytes. Without --out nothing is recorded, and the truth alone is
    written: of the same members, and of the --offers that an edition makes them.

    More than 100,000 members live in several prefectures, which are simulated one after the other.
    From the eleventh on they are copies of the first ten: a million members are distinct.
    """
    from data.simulator.prefectures import LARGEST
    from data.storage.archive import Archive

    if members > LARGEST:
        if out is None or exported or truth or check:
            raise GivenError(
                f"more than {LARGEST:,} members have an archive only: give --out, and neither"
                " --export-files nor --truth nor --check"
            )
        _refuse_occupied(out)
        _write_prefectures(out, members, months, seed)
        return
    if out is None:
        _write_truth_alone(members, months, seed, truth, replications, offers, exported, check)
        return
    for folder in (out, exported):
        _refuse_occupied(folder)
    simulation = _simulate(members, months, seed)
    simulation.write(Archive(out))
    if exported is not None:
        _export(simulation, exported, dirt or exported.parent / "dirt.csv")
    if truth is not None:
        _write_truth(simulation, truth, replications, offers)
    _print_figures(simulation)
    if check:
        _check(simulation)


def _refuse_occupied(folder: Path | None) -> None:
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise GivenError(f"{folder} is not empty: name a new folder, or remove this one first")


def _write_prefectures(out: Path, members: int, months: int, seed: int) -> None:
    from data.simulator.prefectures import MOST, prefectures, write_prefectures
    from data.storage.archive import Archive

    planned = prefectures(members, seed)
    if len(planned) > MOST:
        raise GivenError(
            f"{members:,} members need {len(planned):,} prefectures; {MOST:,} have codes"
        )

    def simulated(of: int, by: int) -> Simulation:
        return _simulate(of, months, by)

    for each in write_prefectures(Archive(out), planned, simulated):
        how = "simulated" if each.copy_of is None else f"a copy of prefecture {each.copy_of}"
        click.echo(f"prefecture {each.number}: {each.members:,} members, {how}")
    total = sum(each.members for each in planned)
    copies = sum(each.members for each in planned if each.copy_of is not None)
    tell(totals={"members": total, "copies": copies})
    click.echo(f"{total:,} members, of whom {copies:,} copies")


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


def _write_truth(
    simulation: Simulation, path: Path, replications: int, offers: Path | None
) -> None:
    _write(simulation.truth(simulation.closing_day, replications, _offered(offers)), path)


def _offered(offers: Path | None) -> pa.Table | None:
    import pyarrow.parquet as pq

    return None if offers is None else pq.read_table(offers)


def _write(truth: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    from data.storage.private_files import drafted

    with drafted(path) as draft:
        pq.write_table(truth, draft)


def _write_truth_alone(
    members: int,
    months: int,
    seed: int,
    path: Path | None,
    replications: int,
    offers: Path | None,
    exported: Path | None,
    check: bool,
) -> None:
    from data.simulator import load_scenario, truth_alone

    if path is None or exported is not None or check:
        raise click.UsageError("name the archive's folder by --out, or ask for the --truth alone")
    scenario, offered = load_scenario(), _offered(offers)
    _write(truth_alone(scenario, members, months, seed, replications, offered), path)


def _print_figures(simulation: Simulation) -> None:
    from data.simulator.totals import comparison_lines

    tell(totals=dict(simulation.totals))
    for line in comparison_lines(_figures(simulation)):
        click.echo(line)


def _figures(simulation: Simulation) -> list[Comparison]:
    from data.simulator.totals import compared

    return compared(simulation.world.scenario, simulation.totals)


def _check(simulation: Simulation) -> None:
    """Print the checks of trust; exit with 1 if one fails, or a figure of the seed is missed."""
    from cli.trust import trust_checks

    failed = sum(not row.is_within for row in _figures(simulation))
    for found in trust_checks(simulation):
        click.echo(found.line)
        failed += not found.holds
    if failed:
        click.echo(f"{failed} of the figures and checks above fail", err=True)
        sys.exit(1)
