"""The console report of an edition: funnel by county, entries and exits by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from unicodedata import east_asian_width

from api.editions.contents import Contents
from api.editions.funnel import LEVELS
from api.editions.manifest import as_of_folder
from api.editions.publish import Previous
from model.decision.whitelist_changes import reason_text

_HEADS = {
    "members": "档案 members",
    "consenting": "授权 consent",
    "eligible": "合格 eligible",
    "first": "一级 FIRST",
    "second": "二级 SECOND",
    "third": "三级 THIRD",
    "none": "不合格 NONE",
    "applied": "申请 applied",
    "borrowers": "用信 drew",
    "disbursed_yuan": "放款(元) yuan",
}


def notes(previous: Previous, as_of: date) -> Iterator[str]:
    """Yield warnings for the operator about the comparison with the previous edition."""
    if previous.damage:
        yield f"not compared with the edition in use, which is damaged: {previous.damage}"
    if previous.folder and as_of_folder(previous.folder) > as_of:
        yield f"this edition is older than the one it replaces ({as_of_folder(previous.folder)})"


def report(contents: Contents, previous: Previous) -> Iterator[str]:
    """Yield the lines of the report."""
    total, moves = contents.funnel[""], [change.change for change in contents.changes]
    yield from _funnel(contents)
    share = total.first / total.members
    yield f"一级白名单 first tier: {total.first:,} / {total.members:,} = {share:.1%}"
    before = previous.folder or "无 none"
    enters = f"进入 enter {moves.count('ENTERS'):,}"
    leaves = f"退出 leave {moves.count('LEAVES'):,}"
    yield f"较上期 against {before}: {enters}, {leaves}"
    tally = Counter((change.change, change.reason) for change in contents.changes)
    for (change, code), count in sorted(tally.items(), key=lambda item: (item[0][0], -item[1])):
        text = reason_text(code, contents.basis.policy)
        yield f"  {change} {code}: {count:,}  {text.zh} / {text.en}"


def _funnel(contents: Contents) -> Iterator[str]:
    rows = [["地区 place", *_HEADS.values()]]
    for code, counts in sorted(contents.funnel.items()):
        if len(code) in (LEVELS["total"], LEVELS["county"]):
            name = contents.places.get(code, (code, None, None))[0] if code else "合计 total"
            rows.append([name, *(f"{getattr(counts, step):,}" for step in _HEADS)])
    rows.append(rows.pop(1))  # the total sorts first and belongs at the end
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield (
            row[0]
            + gaps[0]
            + "".join(f"  {gap}{cell}" for gap, cell in zip(gaps[1:], row[1:], strict=True))
        )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
