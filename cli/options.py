"""Options that several commands share, and the settings and ledger location they select."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from api.core.settings import Settings
    from api.editions.approval import Approval
    from api.ledger.database import Location
    from data.storage.spark_profiles import Cluster

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(path_type=Path, file_okay=False)
EXISTING_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
FILE = click.Path(path_type=Path, dir_okay=False)
DAY = click.DateTime(["%Y-%m-%d"])

archive_option = click.option(
    "--archive", required=True, type=EXISTING_FOLDER, help="Folder of the archive to read."
)
as_of_option = click.option(
    "--as-of", required=True, type=DAY, metavar="DATE",
    help="Use what the archive knew before this day.",
)  # fmt: skip
card_option = click.option(
    "--card", "card_dir", type=FOLDER, help="Folder of the card; without it, the published card."
)
home_option = click.option(
    "--home", envvar="RONGZI_HOME", default="data", show_default=True, type=FOLDER,
    help="Folder of keys, cards, editions and, unless RONGZI_DATABASE_URL is set, the ledger.",
)  # fmt: skip
mlruns_option = click.option(
    "--mlruns", envvar=["RONGZI_MLRUNS", "MLFLOW_TRACKING_URI"], default="mlruns",
    show_default=True, metavar="DIRECTORY|URI",
    help="Folder of the MLflow database and its artifacts, or the URI of a tracking server.",
)  # fmt: skip
_checkpoints_option = click.option(
    "--checkpoints", envvar="RONGZI_CHECKPOINTS", type=FILE,
    help="File with the checkpoints stored outside the ledger.",
)  # fmt: skip


def use_policy_of(home: Path) -> None:
    """Read policy, controls and limits from what `home` adopted, if it adopted any.

    Raises
    ------
    ContractError
        If the adopted texts were altered, or are not signed.
    """
    from data.publishing.home_policy import adopted_texts
    from model.policy.texts import use

    use(adopted_texts(home))


def echo_data(text: str) -> None:
    """Print `text` for a program to read: in UTF-8 wherever it is redirected to."""
    click.echo(text if sys.stdout.isatty() else text.encode("utf-8"), nl=False)


def ledger_options(command: F) -> F:
    """Add the options that `ledger_location` reads."""
    return home_option(_checkpoints_option(command))


def engine_options(command: F) -> F:
    """Add the options that `cluster_of` reads."""
    engine = click.option(
        "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True,
        help="duckdb: this process; spark: executors that share the archive and the output.",
    )  # fmt: skip
    master = click.option(
        "--master", metavar="URL",
        help="With --engine spark, where Spark runs; without it, this machine or what spark-submit"
        " says.",
    )  # fmt: skip
    return engine(master(command))


def cluster_of(engine: str, master: str | None, out: Path) -> Cluster | None:
    """Return where Spark computes, in the folder of `out`; None for this process.

    Raises
    ------
    UsageError
        If a master is given and the engine is not Spark.
    """
    from data.storage.spark_profiles import Cluster

    if engine == "spark":
        return Cluster(master, out.absolute().parent)
    if master is not None:
        raise click.UsageError("--master goes with --engine spark")
    return None


def approval_options(command: F) -> F:
    """Add the options that `approval_of` reads."""
    by = click.option("--approved-by", metavar="NAME", help="The person who lets it pass.")
    because = click.option("--because", metavar="TEXT", help="Why, in one line; it is recorded.")
    return by(because(command))


def approval_of(approved_by: str | None, because: str | None) -> Approval | None:
    """Return who lets a publication pass, and why; None if neither is given.

    Raises
    ------
    UsageError
        If one is given without the other.
    """
    from api.editions.approval import Approval

    if (approved_by is None) != (because is None):
        raise click.UsageError("--approved-by and --because go together")
    return None if approved_by is None else Approval(approved_by, because or "")


def as_given(*names: str) -> str:
    """Return the options of these names that the command line gave, for a line to be copied.

    An environment variable counts for the copied line too. An address with a password is not shown.
    """
    context = click.get_current_context()
    given = {
        name: str(context.params[name])
        for name in names
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return "".join(
        f" --{name} {'URI' if '@' in value else shlex.quote(value)}"
        for name, value in given.items()
    )


def settings_of(home: Path) -> Settings:
    """Return the settings of the environment with `home` as the home folder."""
    from api.core.settings import Settings

    return replace(Settings.from_env(), home=home)


def ledger_location(home: Path, checkpoints: Path | None) -> Location:
    """Return the database of the ledger and the file of its checkpoints."""
    from api.ledger.database import Location

    return Location.of(replace(settings_of(home), checkpoints=checkpoints))
