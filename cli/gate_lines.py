"""What the gates said, as lines on the console: all that fail or are flagged, and the count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.gates.verdict import GateVerdicts

_WORDS = {"fail": "未过 FAIL", "flag": "提请注意 flag"}


def gate_lines(found: GateVerdicts | None) -> Iterator[str]:
    """Yield the lines for `found`; none if the gates have not judged."""
    if found is None:
        return
    for verdict in (*found.failed, *found.flagged):
        finding, remedy = verdict.finding, verdict.remedy
        yield f"{_WORDS[verdict.status]}: {verdict.gate}: {finding.zh} · {finding.en}"
        yield f"    {remedy.zh} · {remedy.en}"
    passed = sum(verdict.status == "pass" for verdict in found.verdicts)
    yield (
        f"门槛 gates: {passed} passed, {len(found.flagged)} flagged, {len(found.failed)} failed"
        f" (champion: {(found.champion_digest or 'none')[:16]})"
    )
