"""Options that every command about the ledger takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from api.core.settings import Settings
from api.ledger.database import Location

F = TypeVar("F", bound=Callable[..., Any])

_HOME = click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the ledger and its keys; RONGZI_DATABASE_URL names another database.",
)
_CHECKPOINTS = click.option(
    "--checkpoints",
    envvar="RONGZI_CHECKPOINTS",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of checkpoints outside the ledger.",
)


def located(command: F) -> F:
    """Add the options that `location` takes."""
    return _HOME(_CHECKPOINTS(command))


def location(home: Path, checkpoints: Path | None) -> Location:
    """Return where the ledger is."""
    return Location.of(replace(Settings.from_env(), home=home, checkpoints=checkpoints))
