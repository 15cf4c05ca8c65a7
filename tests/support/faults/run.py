"""Real faults against the running service: each is a command that prints one line.

    python -m benchmarks.faults --home data kills --times 100
    python -m benchmarks.faults --home data all

The exit code is 1 if a promise is broken, and 0 if it holds or the machine does not permit the
fault. `--home` is only read: each fault works in a copy with its own ledger. For tampering and
replay see `benchmarks.tampering` and `benchmarks.replays`.
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

from tests.support.faults import database, disk, process, published, swaps
from tests.support.faults.scene import NotPermittedError, Scene
from tests.support.ledger.postgres import Postgres
from tests.support.service.running import home_to_write_in


@dataclass(frozen=True)
class Options:
    """The home with card and edition, and the kind of database."""

    home: Path
    database: str


@click.group()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgres"]))
@click.pass_context
def main(context: click.Context, home: Path, database: str) -> None:
    """Break something and check whether the promises hold."""
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


def _run(
    target: Options, name: str, fault: Callable[..., tuple[bool, str]], **options: Any
) -> bool:
    try:
        with _scene(target) as scene:
            passed, line = fault(scene, **options)
    except NotPermittedError as why:
        click.echo(f"{name}: SKIPPED, {why}")
        return os.environ.get("RONGZI_REQUIRE_ALL") != "1"
    click.echo(f"{name} ({target.database}): {'held' if passed else 'BROKEN'}; {line}")
    return passed


def _command(name: str, fault: Callable[..., tuple[bool, str]], times: int | None) -> None:
    def run(target: Options, **options: Any) -> None:
        if not _run(target, name, fault, **options):
            raise SystemExit(1)

    command = click.command(name, help=(fault.__doc__ or "").partition("\n")[0])
    decorated: Callable[..., None] = click.pass_obj(run)
    if times is not None:
        decorated = click.option("--times", default=times, show_default=True)(decorated)
    main.add_command(command(decorated))


#: Name → fault, and its default number of repetitions if it repeats.
FAULTS: dict[str, tuple[Callable[..., tuple[bool, str]], int | None]] = {
    "kills": (process.kills, 100),
    "swaps": (swaps.swaps, 50),
    "flips": (published.flips, 200),
    "answer-lost": (process.answer_lost, 50),
    "clock-moved": (process.clock_moved, None),
    "disk-full": (disk.disk_full, None),
    "read-only": (disk.read_only, None),
    "write-error": (disk.write_error, 10),
    "sync-error": (disk.sync_error, 10),
    "locked": (database.locked, None),
    "restarted": (database.restarted, 5),
    "connections-exhausted": (database.connections_exhausted, None),
}
for _name, (_fault, _times) in FAULTS.items():
    _command(_name, _fault, _times)


@main.command("all")
@click.pass_obj
def every(options: Options) -> None:
    """Run all faults with their default repetitions."""
    passed = [
        _run(options, name, fault, **({} if times is None else {"times": times}))
        for name, (fault, times) in FAULTS.items()
    ]
    raise SystemExit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
