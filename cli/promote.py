"""``rongzi promote``: judge a card by the gates, sign it and publish it; or roll back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.approvals import approvers_of, needs_of_card, order_option
from cli.gate_lines import gate_lines
from cli.json_output import tell
from cli.options import as_given, home_option, mlruns_option, use_policy_of

if TYPE_CHECKING:
    from training.promote import Promotion


@click.command("promote")
@click.argument("what", metavar="[RUN_ID|CARD_DIR]", required=False)
@click.option(
    "--approved-by", "approved_by", multiple=True, metavar="NAME",
    help="The approver, whom the signature covers and who signs in where the home has accounts;"
    " not the person who trained the card. Give it twice if no account is on record as trainer.",
)  # fmt: skip
@order_option
@click.option("--rollback", is_flag=True, help="Publish the card that the champion replaced.")
@home_option
@mlruns_option
def command(
    what: str | None,
    approved_by: tuple[str, ...],
    order_id: str | None,
    rollback: bool,
    home: Path,
    mlruns: str,
) -> None:
    """Publish the card of a training run or of a folder if it passes every gate.

    Approve it with --approved-by, or execute an order of the service with --order.
    """
    from training.promote import candidate_of, promote, roll_back

    if (what is None) != rollback:
        raise click.UsageError("give either RUN_ID or CARD_DIR, or --rollback alone")
    use_policy_of(home)
    now, candidate = datetime.now(UTC), candidate_of(what, home, mlruns)
    needs = needs_of_card(home, candidate.digest, is_new=candidate.is_new)
    approved = approvers_of(home, "promote", candidate.digest, approved_by, "", order_id, needs)
    people = ", ".join(approved.by)
    promotion = (
        roll_back(people, now, home, mlruns, approved.order)
        if what is None
        else promote(what, people, now, home, mlruns, approved.order)
    )
    card, folder = promotion.publication.card, promotion.publication.folder
    tell(
        card_digest=card.digest, folder=folder, approved_by=card.approved_by,
        approved_at=card.approved_at, version=promotion.version, order=approved.order,
    )  # fmt: skip
    for line in gate_lines(promotion.verdicts):
        click.echo(line)
    click.echo(f"已发布 published: {card.digest[:16]} → {folder}")
    click.echo(f"批准 approved: {approved.line}, {card.approved_at}")
    click.echo(f"生效 effect: {_effect(promotion)}")
    click.echo(f"登记 registry: {_registration(promotion)}")
    click.echo(f"回退 to roll back: {_rollback(promotion, home)}")


def _effect(promotion: Promotion) -> str:
    from model.profile.dictionary import member_dictionary

    card, folder = promotion.publication.card.card, promotion.publication.folder
    if set(card.inputs) <= set(member_dictionary().attributes):
        return "with the next edition; run: rongzi whitelist"
    return (
        "该卡不按会员画像打分，不用于名单 it reads a table, no member profiles, so no"
        f" edition uses it; run: rongzi score --table FILE --card {folder} --out FILE"
        f"{as_given('home')}"
    )


def _registration(promotion: Promotion) -> str:
    if promotion.version is None:
        return "no tracked run made this card, so the registry's champion is unchanged"
    return f"rongzi-e version {promotion.version} is champion (run {promotion.run_id})"


def _rollback(promotion: Promotion, home: Path) -> str:
    replaced = promotion.publication.replaced
    if replaced is None or replaced == promotion.publication.folder:
        return "not possible: no other card was in use before"
    return f"rongzi promote --rollback --approved-by NAME --home {home}{as_given('mlruns')}"
