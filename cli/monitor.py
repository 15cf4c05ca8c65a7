"""``rongzi monitor``: report what has moved since the card was trained, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import (
    DAY,
    FOLDER,
    archive_option,
    as_of_option,
    card_option,
    home_option,
    mlruns_option,
    use_policy_of,
)
from cli.run_summaries import leave_summary

if TYPE_CHECKING:
    from training.measures.baseline import Baseline
    from training.monitoring.findings import Findings

_LEVELS = {"act": "处理 ACT", "watch": "关注 watch", "none": "未测 not measured", "ok": "正常 ok"}


@click.command("monitor")
@archive_option
@as_of_option
@click.option(
    "--since", type=DAY, help="Compare members with this day; without it, a year earlier."
)
@card_option
@click.option("--run", "run_id", help="Training run whose card to monitor, instead of --card.")
@click.option("--out", type=FOLDER, help="Folder for the report; without it, reports/monitor-DATE.")
@home_option
@mlruns_option
def command(
    archive: Path,
    as_of: datetime,
    since: datetime | None,
    card_dir: Path | None,
    run_id: str | None,
    out: Path | None,
    home: Path,
    mlruns: str,
) -> None:
    """Compare members, borrowers and outcomes with the card's training; write a report."""
    from data.storage.archive import Archive
    from training.monitoring.monitor import monitor
    from training.monitoring.page import PAGE, metrics, tags, write_findings
    from training.monitoring.summary import monitoring_summary
    from training.settings import Settings
    from training.tracking.runs import track_monitoring

    if card_dir is not None and run_id is not None:
        raise click.UsageError("give either --card or --run")
    use_policy_of(home)
    day = as_of.date()
    start = since.date() if since else _year_before(day)
    if start >= day:
        raise click.UsageError("--since must be before --as-of")
    baseline = _baseline(card_dir, run_id, home, mlruns)
    with _progress() as step:
        findings = monitor(Archive(archive).pinned(), baseline, day, start, Settings(), step)
    folder = out or Path("reports") / f"monitor-{day}"
    write_findings(findings, folder)
    _print_findings(findings)
    tell(report=folder / PAGE)
    click.echo(f"报告 report: {folder / PAGE}")
    done = track_monitoring(metrics(findings), tags(findings), folder, mlruns)
    click.echo(f"运行 run: {done.run_id}")
    now = datetime.now().astimezone()
    told = monitoring_summary(findings, now, done.code_version, done.link)
    leave_summary(home, "monitoring", done.run_id, told)


def _baseline(card_dir: Path | None, run_id: str | None, home: Path, mlruns: str) -> Baseline:
    from training.monitoring.monitor import baseline_of_card, baseline_of_run

    if run_id is not None:
        return baseline_of_run(run_id, mlruns)
    return baseline_of_card(card_dir, home, mlruns)


def _year_before(day: date) -> date:
    # 29 February has no counterpart in the year before; use the 28th.
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


@contextmanager
def _progress() -> Iterator[Callable[[], object]]:
    from tqdm import tqdm

    from training.monitoring.monitor import STEPS

    with tqdm(total=STEPS, unit="step", desc="monitor", disable=None) as bar:
        yield bar.update


def _print_findings(findings: Findings) -> None:
    digest = findings.baseline.file.digest
    alerts = [{"code": a.code, "level": a.level, "where": a.where} for a in findings.alerts]
    tell(card_digest=digest, since=findings.since, as_of=findings.as_of, alerts=alerts)
    click.echo(f"评分卡 card: {digest[:16]}, {findings.since} → {findings.as_of}")
    ok = sum(alert.level == "ok" for alert in findings.alerts)
    for alert in findings.alerts:
        if alert.level != "ok":
            where = f" {alert.where}" if alert.where else ""
            text = f"{alert.finding.zh} · {alert.finding.en}"
            click.echo(f"{_LEVELS[alert.level]} {alert.code}{where}: {text}")
            if alert.level != "none":
                click.echo(f"  → {alert.remedy.zh} · {alert.remedy.en}")
    click.echo(f"{_LEVELS['ok']}: {ok} / {len(findings.alerts)}")
