"""Results of the gates as console lines: failed and flagged gates, the counts, the next step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.gates.verdict import GateVerdicts

_STATUSES = {"fail": "未过 FAIL", "flag": "提请注意 flag"}


def gate_lines(results: GateVerdicts | None) -> Iterator[str]:
    """Yield the lines; none for a card that no gate has judged."""
    if results is None:
        return
    for verdict in (*results.failed, *results.flagged):
        finding, remedy = verdict.finding, verdict.remedy
        yield f"{_STATUSES[verdict.status]}: {verdict.gate}: {finding.zh} · {finding.en}"
        yield f"    {remedy.zh} · {remedy.en}"
    passed = sum(verdict.status == "pass" for verdict in results.verdicts)
    yield (
        f"门槛 gates: {passed} passed, {len(results.flagged)} flagged, {len(results.failed)} failed"
        f" (champion: {(results.champion_digest or 'none')[:16]})"
    )


def next_line(
    results: GateVerdicts | None, what: str | Path, people: int = 1, options: str = ""
) -> str:
    """Return the next step for `what`, a run id or a card's folder: promote only what may be.

    Parameters
    ----------
    people : int
        How many approve it.
    options : str
        Where home and runs are, as `cli.options.as_given` tells.
    """
    if results is None or results.passed:
        named = " --approved-by NAME" + " --approved-by ANOTHER" * (people > 1)
        return f"下一步 next: rongzi promote {what}{named}{options}"
    named = ", ".join(verdict.gate for verdict in results.failed)
    return (
        "下一步 next: 此卡不能上线；按上述处置消除原因后重新训练 · this card cannot be promoted;"
        f" remove the cause of {named} as said above, and train again"
    )
