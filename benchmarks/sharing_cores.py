"""What a core of its own (docs/use/deployment.md) brings the service, in turns on one machine.

    python -m benchmarks.sharing_cores --home data [--rounds 3]

Three ways: the service on its core and all else off it, as printed; the service on its core and all
else where it likes; nobody bound to a core. And MLflow's server the first way and the last.
`--home` is only read.
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
from benchmarks.mlflow_serving import PATH, asked_of_mlflow, serving_with_mlflow
from benchmarks.overload import Door
from tests.support.load.client import Plan, measure
from tests.support.load.decisions import Asking
from tests.support.service.cores import separate_cores, service_core_prefix
from tests.support.service.proxy import behind_proxy, nginx
from tests.support.service.running import home_to_write_in, serving

Way = Callable[[], AbstractContextManager[tuple[str, ...]]]


@contextmanager
def _service_alone_bound() -> Iterator[tuple[str, ...]]:
    yield service_core_prefix()


@contextmanager
def _nobody_bound() -> Iterator[tuple[str, ...]]:
    yield ()


WAYS: dict[str, Way] = {
    "both apart, as printed": separate_cores,
    "service bound, all else free": _service_alone_bound,
    "nobody bound": _nobody_bound,
}
_MLFLOW_WAYS = "both apart, as printed", "nobody bound"


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=5.0, show_default=True, help="Of each peak.")
@click.option("--overload-seconds", default=15.0, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def main(home: Path, seconds: float, overload_seconds: float, rounds: int) -> None:
    """Measure in turns, print each turn, then the medians of each way."""
    program = nginx()
    if program is None:
        raise click.ClickException("nginx is not installed; install it and run this again")
    if not service_core_prefix():
        raise click.ClickException("this machine has no core beside the service's")
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, way in WAYS.items():
            with tempfile.TemporaryDirectory(prefix="rongzi-bench-") as folder, way() as prefix:
                turn = _turn(home, Path(folder), prefix, program, (seconds, overload_seconds))
                if name in _MLFLOW_WAYS:
                    turn |= _mlflow(home, Path(folder), prefix, seconds)
            found[name].append(turn)
            click.echo(f"{name}: {_told(turn)}")
    click.echo(f"medians of {rounds}")
    for name, turns in found.items():
        medians = {what: statistics.median(turn[what] for turn in turns) for what in turns[0]}
        click.echo(f"{name}: {_told(medians)}")


def _turn(
    home: Path, folder: Path, prefix: tuple[str, ...], program: str, seconds: tuple[float, float]
) -> dict[str, float]:
    used = home_to_write_in(home, folder)
    most = Settings().most_in_work
    with (
        serving(used, folder / "serve.log", prefix=prefix) as running,
        behind_proxy(running.port, folder, program) as port,
    ):
        asking = Asking(running)
        peaks = {f"at {n} connections": asking.peak(running.port, n, seconds[0]) for n in (8, most)}
        over = Door(asking, running, port, most, seconds[0]).overloaded(seconds[1])
    kept, refused = (over[name] for name in ("goodput of the mean peak", "refusals, p99 ms"))
    return {**peaks, "of the peak under overload": kept, "refusals p99 ms": refused}


def _mlflow(home: Path, folder: Path, prefix: tuple[str, ...], seconds: float) -> dict[str, float]:
    with serving_with_mlflow(home, folder, prefix) as port:
        plan = Plan(port, PATH, asked_of_mlflow(home, 1_000), 8, seconds, warm_seconds=2.0)
        return {"MLflow at 8 connections": measure(plan)["goodput"]}


def _told(figures: dict[str, float]) -> str:
    return ", ".join(
        f"{what} {value:.2f}" if value < 10 else f"{what} {value:.0f}"
        for what, value in figures.items()
    )


if __name__ == "__main__":
    main()
