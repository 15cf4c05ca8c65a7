"""Real faults against the running service: each a command, bounded in time, printing one line.

    python -m benchmarks.faults --home data kills --times 100
    python -m benchmarks.faults --home data all

Exit code 1 where a promise was broken, 0 where it was kept or the machine does not permit the
fault (said so). `--home` is only read: each fault works in a copy, with a ledger of its own.
Tampering with a ledger and replaying it: `tests.support.tampering.trial`, `benchmarks.replays`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.support.faults import (
    database as fault_database,
)
from tests.support.faults import (
    disk as fault_disk,
)
from tests.support.faults import (
    process as fault_process,
)
from tests.support.faults import (
    published as fault_published,
)
from tests.support.faults import (
    swaps as fault_swaps,
)
from tests.support.faults.scene import NotPermittedError, Scene
from tests.support.ledger.postgres import Postgres
from tests.support.service.running import home_to_write_in


@dataclass(frozen=True)
class Options:
    """Where to take the published card and edition from, and which database to break."""

    home: Path
    database: str


@click.group()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgres"]))
@click.pass_context
def main(context: click.Context, home: Path, database: str) -> None:
    """Break something and see whether what was promised holds."""
    context.obj = Options(home, database)


@contextmanager
def _scene(options: Options) -> Iterator[Scene]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rongzi-fault-")))
        home = home_to_write_in(options.home, folder)
        if options.database == "sqlite":
            yield Scene(folder, home, {}, None)
            return
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rongzi-postgres-")))
        server = Postgres.found(own, durable=True)
        if server is None:
            raise NotPermittedError("PostgreSQL is not installed")
        server.start()
        stack.callback(server.stop)
        yield Scene(folder, home, {"RONGZI_DATABASE_URL": server.new_database()}, server)


def _run(options: Options, name: str, fault: Callable[..., tuple[bool, str]], **told: Any) -> bool:
    try:
        with _scene(options) as scene:
            held, line = fault(scene, **told)
    except NotPermittedError as why:
        click.echo(f"{name}: SKIPPED, {why}")
        return os.environ.get("RONGZI_REQUIRE_ALL") != "1"
    click.echo(f"{name} ({options.database}): {'held' if held else 'BROKEN'}; {line}")
    return held


def _command(name: str, fault: Callable[..., tuple[bool, str]], times: int | None) -> None:
    def run(options: Options, **told: Any) -> None:
        if not _run(options, name, fault, **told):
            raise SystemExit(1)

    command = click.command(name, help=(fault.__doc__ or "").partition("\n")[0])
    decorated: Callable[..., None] = click.pass_obj(run)
    if times is not None:
        decorated = click.option("--times", default=times, show_default=True)(decorated)
    main.add_command(command(decorated))


#: Fault → how often by default, where it is one of many.
FAULTS: dict[str, tuple[Callable[..., tuple[bool, str]], int | None]] = {
    "kills": (fault_process.kills, 100),
    "swaps": (fault_swaps.swaps, 50),
    "flips": (fault_published.flips, 200),
    "answer-lost": (fault_process.answer_lost, 50),
    "clock-moved": (fault_process.clock_moved, None),
    "disk-full": (fault_disk.disk_full, None),
    "read-only": (fault_disk.read_only, None),
    "write-error": (fault_disk.write_error, 10),
    "sync-error": (fault_disk.sync_error, 10),
    "locked": (fault_database.locked, None),
    "restarted": (fault_database.restarted, 5),
    "connections-exhausted": (fault_database.connections_exhausted, None),
}
for _name, (_fault, _times) in FAULTS.items():
    _command(_name, _fault, _times)


@main.command("all")
@click.pass_obj
def every(options: Options) -> None:
    """Run all of them, each as often as by default."""
    held = [
        _run(options, name, fault, **({} if times is None else {"times": times}))
        for name, (fault, times) in FAULTS.items()
    ]
    raise SystemExit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
