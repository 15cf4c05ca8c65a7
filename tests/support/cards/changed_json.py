"""A card's JSON with one value changed."""

from __future__ import annotations

import json
from typing import Any

from model.card.card_json import card_to_json
from model.card.scorecard import Card


def changed(card: Card, path: tuple[Any, ...], value: Any) -> bytes:
    """Return the bytes of `card` with `value` at `path`."""
    document = json.loads(card_to_json(card))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return json.dumps(document).encode()
