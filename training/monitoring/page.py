"""A monitoring run as one self-contained HTML page."""

from __future__ import annotations

from dataclasses import dataclass

from model.dictionary import Text
from training.html_page import html_page, inline
from training.monitoring.findings import Findings
from training.monitoring.pictures import monitoring_pictures
from training.monitoring.shift import AttributeShift, most_moved
from training.settings import Settings

_LEVELS = {
    "act": Text("处理", "act"),
    "watch": Text("关注", "watch"),
    "none": Text("未测", "not measured"),
    "ok": Text("正常", "ok"),
}
_AGES = (3, 6, 9, 12, 15, 18, 21, 24)
_VILLAGES = 15


@dataclass(frozen=True)
class _ShiftRow:
    label: Text
    shift: AttributeShift
    bin: Text
    moved: float


def monitoring_html(found: Findings) -> str:
    """Return the page of what was found, its pictures inside."""
    return html_page(
        "monitoring.html",
        found=found,
        levels=_LEVELS,
        wording=found.baseline.file.card.wording,
        months=int(found.limits["recent_months"]),
        bad_days=Settings().bad_days,
        ages=_AGES,
        shifts=_shift_rows(found),
        villages=found.outcomes.villages[:_VILLAGES],
        pictures={name: inline(svg) for name, svg in monitoring_pictures(found).items()},
    )


def _shift_rows(found: Findings) -> list[_ShiftRow]:
    rows = []
    for each in found.shift.attributes if found.shift else ():
        zh, en, moved = most_moved(found.baseline, each)
        label = found.baseline.file.card.wording[each.attribute].label
        rows.append(_ShiftRow(label, each, Text(zh, en), moved))
    return rows
