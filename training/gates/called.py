"""What a gate calls an attribute: in words, with its code in brackets for analysts."""

from __future__ import annotations

from collections.abc import Iterable

from model.card.scorecard import Card
from model.profile.dictionary import Text, member_dictionary


def called(name: str, label: Text | None) -> Text:
    """Return the label with the code in brackets; the code alone where there is no other word."""
    if label is None or label.zh == name:
        return Text(name, name)
    return Text(f"{label.zh}（{name}）", f"{label.en} ({name})")


def called_by(card: Card, name: str) -> Text:
    """Return what an attribute of `card`, or of the member profile, is called."""
    own, known = card.wording.get(name), member_dictionary().attributes.get(name)
    return called(name, own.label if own else known.label if known else None)


def listed(names: Iterable[Text]) -> Text:
    """Return names as a list in a sentence."""
    every = tuple(names)
    return Text("、".join(each.zh for each in every), ", ".join(each.en for each in every))
