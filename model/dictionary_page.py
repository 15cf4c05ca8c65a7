"""The page ``docs/dictionary.md``: ``python -m model.dictionary_page > docs/dictionary.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby

from model.profile.dictionary import Attribute, member_dictionary
from model.profile.flows import formulas

_HEAD = """\
# Data dictionary of the member profile 会员画像数据字典

Written from `model/profile/dictionary.yaml` and the functions of `model/profile/flows/` by
`python -m model.dictionary_page`; change them there, never here.

- **As of a date**: only rows whose event date and `recorded_at` both lie before the date count, and
  of the versions of a row the latest recorded one. Later dates inside a row (resolved, paid out,
  withdrawn) mean "not yet".
- **Windows**: monthly rows by full months before the as-of date's month, dated rows by completed
  months, plots by the last crop year (of each harvest the latest season on record).
- **Missing**: a count or sum is 0 where its tables are present and hold nothing for the member; a
  share, mean or date without anything to go by is missing; an absent table leaves its attributes
  missing. A blank amount or count in a monthly row is nothing.
- **Use**: `scored` may enter a card; `rule` feeds knock-outs and the offer; `audit` is never
  scored, only checked for fairness and eligibility. Ethnicity, religion, health, disability,
  welfare and marital status are not collected. What describes the village is `audit`: scoring it
  would score the village by another name.
- **Risk**: how risk moves when the value rises (↑ up, ↓ down, · free or not scored). *Can act*: the
  member can change it. *Range*: plausible values, both ends included.
"""

_FLOWS = {
    "commerce": "Commerce 商流",
    "logistics": "Logistics 物流",
    "capital": "Capital 资金流",
    "information": "Information 信息流",
    "identity": "Identity 身份",
}
_RISK = {"up": "↑", "down": "↓", "free": "·"}
_USE = {"scored": 0, "rule": 1, "audit": 2}
_COLUMNS = (
    "attribute", "标签", "label", "computed as", "unit", "use", "risk", "can act", "range", "tables"
)  # fmt: skip


def page() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for flow, attributes in groupby(member_dictionary(), key=lambda each: each.flow):
        found = sorted(attributes, key=lambda each: _USE[each.role])
        parts += [f"## {_FLOWS[flow]}\n", *_table(found), "", *_sentences(found), ""]
    return "\n".join(parts).rstrip() + "\n"


def _table(attributes: list[Attribute]) -> Iterator[str]:
    yield _row(*_COLUMNS)
    yield _row(*("---" for _ in _COLUMNS))
    for each in attributes:
        yield _row(
            f"`{each.name}`",
            each.label.zh,
            each.label.en,
            formulas()[each.name].definition.rstrip("."),
            each.unit or each.type,
            each.role,
            _RISK[each.direction],
            "yes" if each.actionable else "",
            _range(each),
            ", ".join(each.source),
        )


def _sentences(attributes: list[Attribute]) -> Iterator[str]:
    """Write what a member is told: only scored attributes become reasons."""
    yield _row("attribute", "points lost 扣分原因", "missing 缺失")
    yield _row("---", "---", "---")
    for each in attributes:
        if each.role == "scored":
            reason, missing = each.reason, each.missing
            yield _row(
                f"`{each.name}`", f"{reason.zh} · {reason.en}", f"{missing.zh} · {missing.en}"
            )


def _range(each: Attribute) -> str:
    return "" if each.minimum is None else f"{each.minimum:,} … {each.maximum:,}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
