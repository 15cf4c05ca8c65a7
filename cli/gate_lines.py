"""Results of the gates as console lines: every failed or flagged gate, then the counts."""

from __future__ import annotations

from collections.abc import Iterator
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
