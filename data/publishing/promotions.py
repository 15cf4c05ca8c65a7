"""The record of promotions: who put which card in use, and which card came before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data.publishing.published_card import PROMOTIONS, cards_folder, published_folder
from model.errors import CardError

PROMOTION, ROLLBACK = "promotion", "rollback"


def promotions(home: Path) -> list[dict[str, Any]]:
    """Return every recorded promotion under `home`, oldest first.

    Raises
    ------
    CardError
        If the record cannot be read.
    """
    path = cards_folder(home) / PROMOTIONS
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise CardError(f"{path}: cannot be read; restore it from your backup") from error


def was_promoted(home: Path, digest: str) -> bool:
    """Tell whether the card with `digest` was in use under `home` before."""
    return any(line["card_digest"] == digest for line in promotions(home))


def previous_champion(home: Path) -> Path:
    """Return the folder of the card that the champion replaced when it was promoted.

    A rollback is not a promotion: going back twice goes back two cards, not to and fro.

    Raises
    ------
    CardError
        If no card is in use, or it replaced none.
    """
    current = published_folder(home)
    for line in reversed(promotions(home)):
        own = line["card_digest"][:16] == current.name
        if own and line.get("kind") != ROLLBACK and line["replaced"] not in (None, current.name):
            return cards_folder(home) / str(line["replaced"])
    raise CardError(
        f"{current.name} replaced no card, so there is nothing to go back to; promote another one"
    )
