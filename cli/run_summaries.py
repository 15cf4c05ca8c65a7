"""Writing the signed summary of a run into the home, where the service shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.json_output import tell
from model.errors import RongziError, disk_fault

if TYPE_CHECKING:
    from data.publishing.run_summaries import RunKind


def leave_summary(home: Path, kind: RunKind, id_: str, content: Mapping[str, Any]) -> None:
    """Sign and write a summary, and say where; a home that cannot be written to loses only this.

    The run itself is recorded elsewhere, so the command goes on.
    """
    from data.publishing.run_summaries import write_run_summary

    try:
        path = write_run_summary(home, kind, id_, content)
    except (OSError, RongziError) as error:
        why = disk_fault(error) if isinstance(error, OSError) else str(error)
        click.echo(f"说明 note: the console will not show this run: {why}", err=True)
    else:
        tell(summary=path)
        click.echo(f"摘要 summary: {path}")
