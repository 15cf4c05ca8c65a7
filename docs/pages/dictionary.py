"""The page of the data dictionary, written from its declarations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from docs.pages.rendering import render
from model.profile.dictionary import Attribute, member_dictionary
from model.profile.flows import formulas

_FLOWS = {
    "commerce": "Commerce 商流",
    "logistics": "Logistics 物流",
    "capital": "Capital 资金流",
    "information": "Information 信息流",
    "identity": "Identity 身份",
}
_RISK = {"up": "↑", "down": "↓", "free": "·"}
_USE = {"scored": 0, "rule": 1, "audit": 2}


def dictionary_page() -> str:
    """Return the whole page."""
    return render("dictionary.md", flows=list(_flows()))


def _flows() -> Iterator[dict[str, object]]:
    for flow, attributes in groupby(member_dictionary(), key=lambda each: each.flow):
        found = sorted(attributes, key=lambda each: _USE[each.role])
        yield {
            "title": _FLOWS[flow],
            "attributes": [_attribute(each) for each in found],
            "texts": [_texts(each) for each in found if each.role == "scored"],
        }


def _attribute(each: Attribute) -> Sequence[str]:
    return (
        f"`{each.name}`",
        each.label.zh,
        each.label.en,
        formulas()[each.name].definition.rstrip("."),
        each.unit or each.type,
        each.role,
        _RISK[each.direction],
        _can_act(each),
        "" if each.minimum is None else f"{each.minimum:,} … {each.maximum:,}",
        ", ".join(each.source),
    )


def _can_act(each: Attribute) -> str:
    months = each.within_months
    return "" if not each.actionable else f"{months} months" if months else "yes"


def _texts(each: Attribute) -> Sequence[str]:
    """Return the texts that a member reads; only a scored attribute becomes a reason."""
    sides = [each.below, each.above] if each.below and each.above else [each.reason]
    told = [*sides, *([each.none] if each.none else [])]
    lost = "; ".join(f"{text.zh} · {text.en}" for text in told if text)
    return f"`{each.name}`", lost, f"{each.missing.zh} · {each.missing.en}"
