"""Durable decisions a second, compared with ``mlflow models serve``, and under overload.

    python -m benchmarks.service --home data [--seconds 20] [--out reports/service.json]

A decision includes the token check, a ledger commit with full sync, and reasons in both languages.
MLflow answers with points, PD, grade and reason codes and stores nothing. Each server has the core
that docs/use/deployment.md gives the service; proxy, database and client have the others. `--home`
is only read.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from benchmarks.mlflow_serving import PATH, mlflow_bodies, serving_with_mlflow
from benchmarks.overload import OverloadTest
from tests.support.ledger.postgres import Postgres
from tests.support.load.client import Plan, measure
from tests.support.load.decisions import DecisionLoad
from tests.support.service.cores import separate_cores
from tests.support.service.proxy import behind_proxy, nginx
from tests.support.service.running import home_to_write_in, serving

CONNECTIONS = 8
#: Up to the limit of requests in work; the service refuses one more.
MORE_CONNECTIONS = 16, 24
#: At the service's own port, and through the proxy of docs/use/deployment.md.
ALONE, PROXIED = "alone", "behind nginx"


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=20.0, show_default=True, help="Of each measurement.")
@click.option("--overload-seconds", default=60.0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the figures as JSON.")
def main(home: Path, seconds: float, overload_seconds: float, out: Path | None) -> None:
    """Measure, print each line as soon as it is measured, and write JSON to `out`."""
    found: dict[str, Any] = {"cores": os.cpu_count(), "load before": os.getloadavg()[0]}
    minutes = _seconds_of_all(seconds, overload_seconds) / 60
    _say(f"measuring for {minutes:.1f} minutes, besides the start of each server")
    _say(f"{'':44} {'conn.':>5} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8}")
    with (
        tempfile.TemporaryDirectory(prefix="rongzi-bench-") as temporary,
        separate_cores() as prefix,
    ):
        folder = Path(temporary)
        found["own core"] = bool(prefix)
        found["mlflow"] = _mlflow(home, folder, seconds, prefix)
        found["sqlite"] = _sqlite(home, folder / "sqlite", seconds, overload_seconds, prefix)
        found["postgres"] = _postgres(home, folder / "postgres", seconds, prefix)
    ratio = found["sqlite"]["8 connections"]["goodput"] / found["mlflow"]["goodput"]
    found["ratio"] = round(ratio, 1)
    _say(f"ratio to MLflow at {CONNECTIONS} connections: {found['ratio']}")
    _say(f"load of the machine before: {found['load before']:.1f} on {found['cores']} cores")
    _say(f"the server has its own core: {found['own core']}")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


def _mlflow(home: Path, folder: Path, seconds: float, prefix: Sequence[str]) -> dict[str, Any]:
    (folder / "mlflow").mkdir()
    with serving_with_mlflow(home, folder / "mlflow", prefix) as port:
        bodies = mlflow_bodies(home, 1_000)
        plan = Plan(port, PATH, bodies, CONNECTIONS, seconds, warm_seconds=2.0)
        return _shown("mlflow models serve", CONNECTIONS, measure(plan))


def _sqlite(
    home: Path, folder: Path, seconds: float, overload_seconds: float, prefix: Sequence[str]
) -> dict[str, Any]:
    folder.mkdir()
    used = home_to_write_in(home, folder)
    with serving(used, folder / "serve.log", prefix=prefix) as running, ExitStack() as stack:
        load = DecisionLoad(running)
        found = {
            f"{n} connections": _shown(
                "durable decisions, sqlite",
                n,
                load.measure(running.port, n, seconds, key_prefix=f"at{n}"),
            )
            for n in (CONNECTIONS, *MORE_CONNECTIONS)
        }
        ports = {ALONE: running.port}
        if program := nginx():
            ports[PROXIED] = stack.enter_context(behind_proxy(running.port, folder, program))
        tests = {
            name: OverloadTest(load, running, port, MORE_CONNECTIONS[-1], seconds)
            for name, port in ports.items()
        }
        found["overload"] = {}
        for name, test in tests.items():
            found["overload"][name] = figures = test.run(overload_seconds)
            for what, value in figures.items():
                _say(f"overload {name}, {what}: {value}")
    return found


def _postgres(
    home: Path, folder: Path, seconds: float, prefix: Sequence[str]
) -> dict[str, Any] | None:
    folder.mkdir()
    with ExitStack() as stack:
        # The account postgres cannot enter the folder of this run.
        own = stack.enter_context(tempfile.TemporaryDirectory(prefix="rongzi-postgres-"))
        server = Postgres.found(Path(own), durable=True)
        if server is None:
            return None
        server.start()
        stack.callback(server.stop)
        used = home_to_write_in(home, folder)
        url = server.new_database()
        log = folder / "serve.log"
        running = stack.enter_context(serving(used, log, prefix=prefix, RONGZI_DATABASE_URL=url))
        found = DecisionLoad(running).measure(running.port, CONNECTIONS, seconds, key_prefix="pg")
        _shown("durable decisions, postgres", CONNECTIONS, found)
        return {f"{CONNECTIONS} connections": found}


def _shown(what: str, connections: int, found: dict[str, Any]) -> dict[str, Any]:
    """Print a line of the table and return `found`."""
    spread = found["answers"].get("200", {"p50": 0, "p99": 0})
    _say(
        f"{what:44} {connections:5} {found['goodput']:9.0f} {spread['p50']:8.1f}"
        f" {spread['p99']:8.1f}"
    )
    return found


def _seconds_of_all(seconds: float, overload_seconds: float) -> float:
    """Return how long the measurements take; each overload has a peak before it and after it."""
    overloads = 2 if nginx() else 1
    single = 2 + len((CONNECTIONS, *MORE_CONNECTIONS))
    return (single + 2 * overloads) * seconds + overloads * overload_seconds


def _say(line: str) -> None:
    # At once, also into a file: a run takes minutes.
    print(line, flush=True)


if __name__ == "__main__":
    main()
