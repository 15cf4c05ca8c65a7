"""``rongzi promote``: let the gates judge a card, sign it and publish it; or go back a card."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.gate_lines import gate_lines

if TYPE_CHECKING:
    from training.promote import Promotion

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("promote")
@click.argument("what", metavar="[RUN_ID|CARD_DIR]", required=False)
@click.option("--approved-by", required=True, help="Who approves; not who trained. It is signed.")
@click.option("--rollback", is_flag=True, help="Put back the card that the champion replaced.")
@click.option(
    "--home", type=_FOLDER, default="data", show_default=True, envvar="RONGZI_HOME",
    help="Where cards and keys are kept.",
)  # fmt: skip
@click.option("--mlruns", type=_FOLDER, default="mlruns", show_default=True, envvar="RONGZI_MLRUNS")
def command(what: str | None, approved_by: str, rollback: bool, home: Path, mlruns: Path) -> None:
    """Put the card of a training run or folder in use, if every gate lets it pass."""
    from training.promote import promote, roll_back

    if (what is None) != rollback:
        raise click.UsageError("give either RUN_ID or CARD_DIR, or --rollback alone")
    now = datetime.now(UTC)
    done = (
        roll_back(approved_by, now, home, mlruns)
        if what is None
        else promote(what, approved_by, now, home, mlruns)
    )
    card, folder = done.publication.card, done.publication.folder
    for line in gate_lines(done.verdicts):
        click.echo(line)
    click.echo(f"已发布 published: {card.digest[:16]} → {folder}")
    click.echo(f"批准 approved: {card.approved_by}, {card.approved_at}")
    click.echo(f"登记 registry: {_registered(done)}")
    click.echo(f"回退 to roll back: {_rollback(done, home)}")


def _registered(done: Promotion) -> str:
    if done.version is None:
        return "no tracked run made this card, so champion there is unchanged"
    return f"rongzi-e version {done.version} is champion (run {done.run_id})"


def _rollback(done: Promotion, home: Path) -> str:
    replaced = done.publication.replaced
    if replaced is None or replaced == done.publication.folder:
        return "nothing to go back to: no other card was in use"
    return f"rongzi promote --rollback --approved-by NAME --home {home}"


if __name__ == "__main__":
    command()
