"""Compare the services of this checkout and another one, measured in turns.

    python -m benchmarks.paired_checkouts ../other --home data [--pairs 8] [--overload-seconds 8]

Both services run throughout, each on a copy of `--home` and on the service's core. A turn loads one
of them for some seconds while the other is idle. Processor time is that of the service's process a
decision; unlike elapsed time, it hardly depends on other work of the machine. Overload offers both
three times the median of all their peaks. `--home` is only read.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time_ns

import click

from api.core.settings import Settings
from benchmarks.overload import CONNECTIONS, TIMES
from tests.support.load.decisions import DecisionLoad
from tests.support.service.cores import separate_cores
from tests.support.service.proxy import behind_proxy, nginx
from tests.support.service.running import Running, home_to_write_in, serving

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
Figures = dict[str, float]


@dataclass(frozen=True)
class _Side:
    """The service of one checkout, its own port and the port of its proxy."""

    running: Running
    load: DecisionLoad
    ports: dict[str, int]


Measure = Callable[[_Side, int], Figures]


@click.command()
@click.argument("other", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--connections", default=Settings().most_in_work, show_default=True)
@click.option("--seconds", default=4.0, show_default=True, help="Of each turn at the peak.")
@click.option("--pairs", default=8, show_default=True)
@click.option("--overload-seconds", default=0.0, help="Also of three times the peak.")
def main(
    other: Path, home: Path, connections: int, seconds: float, pairs: int, overload_seconds: float
) -> None:
    """Measure in turns; print each pair, the medians, and the ratio of OTHER to this."""
    with (
        tempfile.TemporaryDirectory(prefix="rongzi-bench-") as temporary,
        separate_cores() as prefix,
        ExitStack() as stack,
    ):
        sides = {
            name: stack.enter_context(_side(checkout, home, Path(temporary) / name, prefix))
            for name, checkout in (("this", Path.cwd()), ("other", other.resolve()))
        }
        for where in sides["this"].ports:
            peaks = _compare(sides, where, pairs, partial(_peak, connections, seconds))
            if overload_seconds:
                rate = TIMES * statistics.median(peaks)
                _compare(sides, where, pairs, partial(_overloaded, rate, overload_seconds))


@contextmanager
def _side(checkout: Path, home: Path, folder: Path, prefix: Sequence[str]) -> Iterator[_Side]:
    folder.mkdir()
    used, there = home_to_write_in(home, folder), ("env", f"--chdir={checkout}")
    with (
        serving(used, folder / "serve.log", prefix=(*prefix, *there)) as running,
        ExitStack() as stack,
    ):
        ports = {"alone": running.port}
        if program := nginx():
            ports["behind nginx"] = stack.enter_context(behind_proxy(running.port, folder, program))
        yield _Side(running, DecisionLoad(running), ports)


def _peak(connections: int, seconds: float, side: _Side, port: int) -> Figures:
    before = _processor_seconds(side.running)
    found = side.load.measure(port, connections, seconds, key_prefix=f"peak{time_ns()}")
    took = _processor_seconds(side.running) - before
    return {
        "decisions a second": found["goodput"],
        "processor ms a decision": took / found["sent"] * 1000,
        "p99 ms": found["answers"]["200"]["p99"],
    }


def _overloaded(rate: float, seconds: float, side: _Side, port: int) -> Figures:
    found = side.load.measure(port, CONNECTIONS, seconds, key_prefix=f"over{time_ns()}", rate=rate)
    refused = found["answers"].get("503", {"count": 0, "p99": 0.0})
    return {
        f"decisions a second of {rate:.0f} offered": found["goodput"],
        "refusals a second": refused["count"] / seconds,
        "refusals, p99 ms": refused["p99"],
    }


def _processor_seconds(running: Running) -> float:
    """Return the processor time of the workers so far, in user and kernel mode."""
    ticks = 0
    for worker in running.workers():
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_A_SECOND


def _compare(sides: dict[str, _Side], where: str, pairs: int, measure: Measure) -> list[float]:
    """Measure pairs, each side first in turn; print every pair and the medians.

    Returns
    -------
    list of float
        The first figure of every turn of both sides.
    """
    found: dict[str, list[Figures]] = defaultdict(list)
    for number in range(pairs):
        order = sorted(sides, reverse=number % 2 == 0)
        for name in order:
            found[name].append(measure(sides[name], sides[name].ports[where]))
        for name in sides:
            click.echo(f"  {name:5} {_line(found[name][-1])}")
    for what in found["this"][0]:
        this, other = ([turn[what] for turn in found[name]] for name in ("this", "other"))
        ratios = sorted(b / a for a, b in zip(this, other, strict=True) if a)
        if not ratios:
            continue
        click.echo(
            f"{where}, {what}: this {statistics.median(this):.2f},"
            f" other {statistics.median(other):.2f},"
            f" other to this {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )
    return [next(iter(turn.values())) for turns in found.values() for turn in turns]


def _line(figures: Figures) -> str:
    return ", ".join(f"{what} {value:.2f}" for what, value in figures.items())


if __name__ == "__main__":
    main()
