"""``rongzi recalibrate``: move a card's PDs to a portfolio's long-run bad rate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from cli.gate_lines import gate_lines

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("recalibrate")
@click.argument("card_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--bad-rate", required=True, type=float, help="Long-run bad rate; 0.03 is 3 %.")
@click.option("--source", required=True, help="Where the rate is from, in words.")
@click.option("--out", required=True, type=_FOLDER, help="Where the new card goes.")
@click.option(
    "--portfolio",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Table with the portfolio's points; the card's validation rows otherwise.",
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the recalibration; today.")
@click.option(
    "--home", type=_FOLDER, default="data", show_default=True, envvar="RONGZI_HOME",
    help="Where the champion is that the gates compare with.",
)  # fmt: skip
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

    Points, ranks and reasons stay; PDs and grades move. The new card says so in its provenance and
    is promoted like any other.
    """
    from training.card.recalibrate import LongRun, write_recalibrated
    from training.promote import champion_of

    day = (on or datetime.now().astimezone()).date()
    told = portfolio.name if portfolio else "validation rows"
    target = LongRun(bad_rate, source, day, told)
    digest, verdicts = write_recalibrated(card_dir, out, target, portfolio, champion_of(home))
    for line in gate_lines(verdicts):
        click.echo(line)
    click.echo(f"评分卡 card: {digest[:16]}, mean PD {bad_rate:.4f} over {told}")
    click.echo(f"下一步 next: rongzi promote {out} --approved-by NAME")


if __name__ == "__main__":
    command()
