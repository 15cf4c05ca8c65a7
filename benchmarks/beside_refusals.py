"""The cost of refusals that the service never sees: the share of the machine itself.

    python -m benchmarks.beside_refusals --home data [--pairs 8]

The peak behind the printed proxy is measured alone and beside a second client, in turns. The proxy
answers the second client by itself, so any loss of the peak is the share that client, proxy and
kernel take of the machine. No service keeps more of its peak under overload. `--home` is only read.
"""

from __future__ import annotations

import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from api.core.settings import Settings
from tests.support.load.client import Plan, measure
from tests.support.load.decisions import DecisionLoad
from tests.support.service.cores import separate_cores
from tests.support.service.proxy import behind_proxy, nginx
from tests.support.service.running import home_to_write_in, serving

#: The proxy answers 404 here without load the service.
_ANSWERED_BY_PROXY = "/metrics"
_BESIDE_CONNECTIONS = 64


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=5.0, show_default=True, help="Of each measurement.")
@click.option("--pairs", default=8, show_default=True, help="Peaks alone and beside refusals.")
@click.option("--rate", default=2600.0, show_default=True, help="Refusals a second.")
def main(home: Path, seconds: float, pairs: int, rate: float) -> None:
    """Measure and print the peaks in pairs, and their medians."""
    program = nginx()
    if program is None:
        raise click.ClickException("nginx is not installed; install it and run this again")
    with (
        tempfile.TemporaryDirectory(prefix="rongzi-bench-") as temporary,
        separate_cores() as prefix,
    ):
        folder = Path(temporary)
        used = home_to_write_in(home, folder)
        with (
            serving(used, folder / "serve.log", prefix=prefix) as running,
            behind_proxy(running.port, folder, program) as port,
        ):
            load = DecisionLoad(running)
            found = [_pair(load, port, seconds, rate) for _ in range(pairs)]
    for alone, beside, refused in found:
        print(f"alone {alone:5.0f}, beside {refused:5.0f} refusals a second {beside:5.0f}")
    alone, beside = (statistics.median(pair[i] for pair in found) for i in (0, 1))
    print(f"medians {alone:.0f} and {beside:.0f}: {beside / alone:.2f} of the peak is left")


def _pair(load: DecisionLoad, port: int, seconds: float, rate: float) -> tuple[float, float, float]:
    """Return the peak alone, the peak beside refusals, and the refusals a second meanwhile."""
    connections = Settings().most_in_work
    alone = load.peak(port, connections, seconds)
    plan = Plan(
        port,
        _ANSWERED_BY_PROXY,
        ["{}"],
        _BESIDE_CONNECTIONS,
        seconds,
        rate=rate,
        warm_seconds=2.0,
    )
    with ThreadPoolExecutor(1) as beside:
        refusing = beside.submit(measure, plan)
        peak = load.peak(port, connections, seconds)
        refused = refusing.result()
    return alone, peak, refused["answers"]["404"]["count"] / seconds


if __name__ == "__main__":
    main()
