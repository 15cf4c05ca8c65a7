"""The effect of a separate core for the service (docs/use/deployment.md), measured in turns.

    python -m benchmarks.sharing_cores --home data [--rounds 3]

Three arrangements: service and everything else apart, as printed; only the service bound to its
core; nothing bound. MLflow's server is measured in the first and the last. `--home` is only read.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import click

from api.core.settings import Settings
from benchmarks.mlflow_serving import PATH, mlflow_bodies, serving_with_mlflow
from benchmarks.overload import OverloadTest
from tests.support.load.client import Plan, measure
from tests.support.load.decisions import DecisionLoad
from tests.support.service.cores import separate_cores, service_core_prefix
from tests.support.service.proxy import behind_proxy, nginx
from tests.support.service.running import home_to_write_in, serving

Arrangement = Callable[[], AbstractContextManager[tuple[str, ...]]]


@contextmanager
def _bind_service_only() -> Iterator[tuple[str, ...]]:
    yield service_core_prefix()


@contextmanager
def _bind_nothing() -> Iterator[tuple[str, ...]]:
    yield ()


ARRANGEMENTS: dict[str, Arrangement] = {
    "apart, as printed": separate_cores,
    "only the service bound": _bind_service_only,
    "nothing bound": _bind_nothing,
}
_MLFLOW_ARRANGEMENTS = "apart, as printed", "nothing bound"


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=5.0, show_default=True, help="Of each peak.")
@click.option("--overload-seconds", default=15.0, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def main(home: Path, seconds: float, overload_seconds: float, rounds: int) -> None:
    """Measure in turns, print each turn, then the medians of each arrangement."""
    program = nginx()
    if program is None:
        raise click.ClickException("nginx is not installed; install it and run this again")
    if not service_core_prefix():
        raise click.ClickException("this machine has no core besides the service's")
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, arrange in ARRANGEMENTS.items():
            with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder, arrange() as prefix:
                turn = _turn(home, Path(folder), prefix, program, (seconds, overload_seconds))
                if name in _MLFLOW_ARRANGEMENTS:
                    turn |= _mlflow(home, Path(folder), prefix, seconds)
            found[name].append(turn)
            click.echo(f"{name}: {_line(turn)}")
    click.echo(f"medians of {rounds}")
    for name, turns in found.items():
        medians = {what: statistics.median(turn[what] for turn in turns) for what in turns[0]}
        click.echo(f"{name}: {_line(medians)}")


def _turn(
    home: Path, folder: Path, prefix: tuple[str, ...], program: str, seconds: tuple[float, float]
) -> dict[str, float]:
    used = home_to_write_in(home, folder)
    most = Settings().most_in_work
    with (
        serving(used, folder / "serve.log", prefix=prefix) as running,
        behind_proxy(running.port, folder, program) as port,
    ):
        load = DecisionLoad(running)
        peaks = {f"at {n} connections": load.peak(running.port, n, seconds[0]) for n in (8, most)}
        over = OverloadTest(load, running, port, most, seconds[0]).run(seconds[1])
    goodput, refused = (over[name] for name in ("goodput of the mean peak", "refusals, p99 ms"))
    return {**peaks, "of the peak under overload": goodput, "refusals p99 ms": refused}


def _mlflow(home: Path, folder: Path, prefix: tuple[str, ...], seconds: float) -> dict[str, float]:
    with serving_with_mlflow(home, folder, prefix) as port:
        plan = Plan(port, PATH, mlflow_bodies(home, 1_000), 8, seconds, warm_seconds=2.0)
        return {"MLflow at 8 connections": measure(plan)["goodput"]}


def _line(figures: dict[str, float]) -> str:
    return ", ".join(
        f"{what} {value:.2f}" if value < 10 else f"{what} {value:.0f}"
        for what, value in figures.items()
    )


if __name__ == "__main__":
    main()
