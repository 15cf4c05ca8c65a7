"""Results of a training as console lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.gate_lines import gate_lines, next_line

if TYPE_CHECKING:
    from training.measures.evaluate import Evaluation, Interval
    from training.run import TrainedRun
    from training.tracking.runs import Tracked


def run_lines(
    run: TrainedRun, tracked: Tracked, out: Path | None, people: int = 1, options: str = ""
) -> Iterator[str]:
    """Yield the lines: what was dropped and shaped, the measures, the gates, where things are.

    `people` and `options` are those of `next_line`.
    """
    for note in run.origin.source.notes:
        yield f"说明 note: {note}"
    for entry in run.learned.dropped:
        yield f"剔除 dropped: {entry.attribute}: {entry.reason.zh} · {entry.reason.en}"
    if cap := run.learned.range_cap:
        yield (
            f"上限 cap: {', '.join(cap.before)}: at most {cap.most_share:.0%} of the range;"
            f" out of fold AUC {-cap.auc_lost:+.5f}, log loss {cap.log_loss_added:+.5f}"
        )
    if cost := run.learned.hand_bins:
        yield (
            f"手工分箱 bins by hand: {', '.join(cost.attributes)}: against automatic bins, out of"
            f" fold AUC {_signed(cost.auc)}, log loss {_signed(cost.log_loss)}"
        )
    for name, evaluation in run.performance.evaluations.items():
        size = f"{evaluation.rows:,} rows, {evaluation.bad_rows:,} bad"
        yield f"{name}: {size}; {_measures(evaluation)}"
    if run.judged is not run.card:
        yield (
            f"全部重拟合 fitted again: to all {len(run.samples.fitted):,} rows, with the choices"
            " fixed; the figures above are of the fit to development rows"
        )
    yield from gate_lines(run.gates)
    yield f"评分卡 card: {run.digest[:16]}, {len(run.card.attributes)} attributes"
    yield f"报告 report: {out / 'report.html' if out else tracked.report}"
    yield f"运行 run: {tracked.run_id} (version {tracked.version}, challenger)"
    yield next_line(run.gates, tracked.run_id, people, options)


def _signed(each: Interval) -> str:
    return f"{each.value:+.5f} ({each.low:+.5f} – {each.high:+.5f})"


def _measures(evaluation: Evaluation) -> str:
    shown = ((name, evaluation.measures[name]) for name in ("auc", "ks", "brier", "ece"))
    return ", ".join(f"{n} {m.value:.3f} ({m.low:.3f}–{m.high:.3f})" for n, m in shown)
