"""Run the demo's steps one after another, each as the command a user types."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from api.editions.demo import MARK, mark_demo
from cli.demo.stores import AS_OF, PLAYS_ON, Demo, Step
from cli.demo.trial import decide_over_http
from model.errors import RongziError

#: Marks a home that a demo wrote, so that the next demo may clear it.
_MARK = ".made-by-demo"
_STORES = (
    "simulated", "inbox", "archive", "imports", "quarantine", "profiles", "editions", "cards",
    "keys", "runs", "ledger", "webhooks", "truth",
)  # fmt: skip


@click.command()
@click.option("--members", default=87_459, show_default=True)
@click.option("--months", default=60, show_default=True)
@click.option("--seed", default=54, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"))
@click.option("--mlruns", default="mlruns", show_default=True)
def command(members: int, months: int, seed: int, home: Path, reports: Path, mlruns: str) -> None:
    """Run the main job at full size, then print its results."""
    from cli.demo.summary import summary

    demo = Demo(home, reports, mlruns)
    _clear(home)
    mark_demo(home, PLAYS_ON)
    reports.mkdir(parents=True, exist_ok=True)
    size = ("--members", str(members), "--months", str(months), "--seed", str(seed))
    steps = [_run(line) for line in _commands(demo, size)]
    _require_all_files(demo.reports / "import.json")
    trial = decide_over_http(home)
    for line in summary(demo, steps, trial):
        click.echo(line)


def _commands(demo: Demo, size: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    day, home = ("--as-of", AS_OF.isoformat()), ("--home", str(demo.home))
    archive, mlruns = ("--archive", str(demo.archive)), ("--mlruns", demo.mlruns)
    card = demo.reports / "card"
    yield ("simulate", *size, "--out", str(demo.simulated), "--export-files", str(demo.inbox),
           "--truth", str(demo.truth), "--dirt", str(demo.home / "truth" / "dirt.csv"))  # fmt: skip
    yield ("import", str(demo.inbox), *archive, "--report", str(demo.reports / "import.json"))
    yield ("profile", *archive, *day, "--out", str(demo.home / "profiles" / f"{AS_OF}.parquet"))
    yield ("train", *archive, *day, "--out", str(card), *home, *mlruns)
    yield ("promote", str(card), "--approved-by", "Demo Approver", *home, *mlruns)
    yield ("whitelist", *archive, *day, "--out", str(demo.edition), *home)
    yield ("simulate", *size, "--truth", str(demo.offers_truth), "--offers", str(demo.edition),
           "--replications", "2")  # fmt: skip


def _run(line: tuple[str, ...]) -> Step:
    click.secho(f"\n$ rongzi {shlex.join(line)}", bold=True)
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "cli.main", *line])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RongziError(f"the demo stopped: rongzi {line[0]} failed; see its message above")
    return Step(line[0], time.monotonic() - started, used.ru_maxrss / 1024)


def _require_all_files(report: Path) -> None:
    refused = [
        f["file"] for f in json.loads(report.read_text(encoding="utf-8"))["files"] if f["refused"]
    ]
    if refused:
        raise RongziError(
            f"the import refused {len(refused)} of the demo's own files, first {refused[0]}"
        )


def _clear(home: Path) -> None:
    """Remove the stores of an earlier demo; refuse to touch any others.

    Raises
    ------
    RongziError
        If a store exists that no demo wrote.
    """
    mark = home / _MARK
    stores = [home / name for name in _STORES if (home / name).exists()]
    if stores and not mark.exists():
        raise RongziError(
            f"{stores[0]} exists and no demo wrote it; move it away, or run the demo elsewhere:"
            " make demo DEMO_ARGS='--home FOLDER'"
        )
    for store in stores:
        shutil.rmtree(store)
    (home / MARK).unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    mark.touch()


def main() -> None:
    """Run the demo; print an error that names its remedy as one message, without traceback."""
    try:
        command(standalone_mode=True)
    except RongziError as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
