"""``rongzi monitor``: what has moved since the card was trained, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from training.measures.baseline import Baseline
    from training.monitoring.findings import Findings

_FOLDER = click.Path(path_type=Path, file_okay=False)
_ARCHIVE = click.Path(path_type=Path, file_okay=False, exists=True)
_DAY = click.DateTime(["%Y-%m-%d"])
_SIGNS = {"act": "处理 ACT", "watch": "关注 watch", "none": "未测 not measured", "ok": "正常 ok"}


@click.command("monitor")
@click.option("--archive", required=True, type=_ARCHIVE, help="The archive to look at.")
@click.option("--as-of", required=True, type=_DAY, help="Archive as known on this day.")
@click.option("--since", type=_DAY, help="Members are compared with this day; a year earlier.")
@click.option(
    "--card", "card_dir", type=_FOLDER, help="A card's folder; the card in use if absent."
)
@click.option("--run", "run_id", help="The training run whose card to monitor, instead of --card.")
@click.option("--out", type=_FOLDER, help="Write the report here; reports/monitor-DATE if absent.")
@click.option(
    "--home", type=_FOLDER, default="data", show_default=True, envvar="RONGZI_HOME",
    help="Folder of published cards and trusted keys.",
)  # fmt: skip
@click.option("--mlruns", type=_FOLDER, default="mlruns", show_default=True, envvar="RONGZI_MLRUNS")
def command(
    archive: Path,
    as_of: datetime,
    since: datetime | None,
    card_dir: Path | None,
    run_id: str | None,
    out: Path | None,
    home: Path,
    mlruns: Path,
) -> None:
    """Compare members, borrowers and outcomes with the card's training; write a report."""
    from data.storage.archive import Archive
    from training.monitoring.monitor import monitor
    from training.monitoring.page import PAGE, metrics, tags, write_findings
    from training.settings import Settings
    from training.tracking.runs import track_monitoring

    if card_dir is not None and run_id is not None:
        raise click.UsageError("give either --card or --run")
    day = as_of.date()
    earlier = since.date() if since else _year_before(day)
    if earlier >= day:
        raise click.UsageError("--since must lie before --as-of")
    baseline = _baseline(card_dir, run_id, home, mlruns)
    with _progress() as step:
        found = monitor(Archive(archive), baseline, day, earlier, Settings(), step)
    folder = out or Path("reports") / f"monitor-{day}"
    write_findings(found, folder)
    _tell(found)
    click.echo(f"报告 report: {folder / PAGE}")
    click.echo(f"运行 run: {track_monitoring(metrics(found), tags(found), folder, mlruns)}")


def _baseline(card_dir: Path | None, run_id: str | None, home: Path, mlruns: Path) -> Baseline:
    from training.monitoring.monitor import baseline_of_card, baseline_of_run

    if run_id is not None:
        return baseline_of_run(run_id, mlruns)
    return baseline_of_card(card_dir, home, mlruns)


def _year_before(day: date) -> date:
    # The 29th of February has the 28th a year before.
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


@contextmanager
def _progress() -> Iterator[Callable[[], object]]:
    from tqdm import tqdm

    from training.monitoring.monitor import STEPS

    with tqdm(total=STEPS, unit="step", desc="monitor", disable=None) as bar:
        yield bar.update


def _tell(found: Findings) -> None:
    file = found.baseline.file
    click.echo(f"评分卡 card: {file.digest[:16]}, {found.since} → {found.as_of}")
    calm = sum(alert.level == "ok" for alert in found.alerts)
    for alert in found.alerts:
        if alert.level != "ok":
            where = f" {alert.where}" if alert.where else ""
            finding = f"{alert.finding.zh} · {alert.finding.en}"
            click.echo(f"{_SIGNS[alert.level]} {alert.code}{where}: {finding}")
            if alert.level != "none":
                click.echo(f"  → {alert.remedy.zh} · {alert.remedy.en}")
    click.echo(f"{_SIGNS['ok']}: {calm} / {len(found.alerts)}")


if __name__ == "__main__":
    command()
