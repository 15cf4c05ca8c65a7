"""``rongzi recalibrate``: move a card's PDs to a portfolio's long-run bad rate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from cli.approvals import people_of_card
from cli.gate_lines import gate_lines, next_line
from cli.json_output import tell
from cli.options import DAY, EXISTING_FOLDER, FILE, FOLDER, as_given, home_option, use_policy_of


@click.command("recalibrate")
@click.argument("card_dir", type=EXISTING_FOLDER)
@click.option("--bad-rate", required=True, type=float, help="Long-run bad rate; 0.03 is 3 %.")
@click.option("--source", required=True, help="Where the rate comes from; stored in the card.")
@click.option("--out", required=True, type=FOLDER, help="Folder for the new card.")
@click.option(
    "--portfolio",
    type=FILE,
    help="Table with the portfolio's points; without it, the card's validation rows.",
)
@click.option("--on", type=DAY, help="Day of the recalibration; without it, today.")
@home_option
def command(
    card_dir: Path,
    bad_rate: float,
    source: str,
    out: Path,
    portfolio: Path | None,
    on: datetime | None,
    home: Path,
) -> None:
    """Recalibrate the card in CARD_DIR, a folder that ``rongzi train --out`` wrote.

    Points, ranks and reasons stay; PDs and grades move. The provenance of the new card names the
    recalibration. Promote the new card like any other.
    """
    from training.card.recalibrate import LongRun, write_recalibrated
    from training.promote import champion_of

    day = (on or datetime.now().astimezone()).date()
    rows = portfolio.name if portfolio else "validation rows"
    target = LongRun(bad_rate, source, day, rows)
    use_policy_of(home)
    digest, verdicts = write_recalibrated(card_dir, out, target, portfolio, champion_of(home))
    for line in gate_lines(verdicts):
        click.echo(line)
    tell(card_digest=digest, bad_rate=bad_rate, out=out)
    click.echo(f"评分卡 card: {digest[:16]}, mean PD {bad_rate:.4f} over {rows}")
    click.echo(next_line(verdicts, out, people_of_card(home, digest), as_given("home")))
