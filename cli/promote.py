"""``rongzi promote``: judge a card by the gates, sign it and publish it; or roll back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.gate_lines import gate_lines
from cli.json_output import tell
from cli.options import home_option, mlruns_option, use_policy_of

if TYPE_CHECKING:
    from training.promote import Promotion


@click.command("promote")
@click.argument("what", metavar="[RUN_ID|CARD_DIR]", required=False)
@click.option(
    "--approved-by", required=True,
    help="Name of the approver, which the signature covers; not the person who trained the card.",
)  # fmt: skip
@click.option("--rollback", is_flag=True, help="Publish the card that the champion replaced.")
@home_option
@mlruns_option
def command(what: str | None, approved_by: str, rollback: bool, home: Path, mlruns: str) -> None:
    """Publish the card of a training run or of a folder if it passes every gate."""
    from training.promote import promote, roll_back

    if (what is None) != rollback:
        raise click.UsageError("give either RUN_ID or CARD_DIR, or --rollback alone")
    use_policy_of(home)
    now = datetime.now(UTC)
    promotion = (
        roll_back(approved_by, now, home, mlruns)
        if what is None
        else promote(what, approved_by, now, home, mlruns)
    )
    card, folder = promotion.publication.card, promotion.publication.folder
    tell(
        card_digest=card.digest, folder=folder, approved_by=card.approved_by,
        approved_at=card.approved_at, version=promotion.version,
    )  # fmt: skip
    for line in gate_lines(promotion.verdicts):
        click.echo(line)
    click.echo(f"已发布 published: {card.digest[:16]} → {folder}")
    click.echo(f"批准 approved: {card.approved_by}, {card.approved_at}")
    click.echo("生效 effect: with the next edition; run: rongzi whitelist")
    click.echo(f"登记 registry: {_registration(promotion)}")
    click.echo(f"回退 to roll back: {_rollback(promotion, home)}")


def _registration(promotion: Promotion) -> str:
    if promotion.version is None:
        return "no tracked run made this card, so the registry's champion is unchanged"
    return f"rongzi-e version {promotion.version} is champion (run {promotion.run_id})"


def _rollback(promotion: Promotion, home: Path) -> str:
    replaced = promotion.publication.replaced
    if replaced is None or replaced == promotion.publication.folder:
        return "not possible: no other card was in use before"
    return f"rongzi promote --rollback --approved-by NAME --home {home}"
