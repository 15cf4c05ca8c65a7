"""Put a card in use: signed, copied to where the service reads, and champion in the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.published import Publication, publish_card
from model.card_file import CARD
from model.errors import TrainingError
from training.track import card_of_run, make_champion, run_of_card

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Promotion:
    """What a promotion did; `version` is the registry's, None if no tracked run made the card."""

    publication: Publication
    run_id: str | None
    version: str | None


def promote(
    what: str, approved_by: str, approved_at: datetime, home: Path, store: Path
) -> Promotion:
    """Promote a training run's card, or the card in a folder.

    Parameters
    ----------
    what : str
        A run id of `store`, or a card folder.
    home : Path
        Where cards and keys are kept; see `data.published`.

    Raises
    ------
    TrainingError
        If `what` is neither.
    CardError
        If the card is damaged, or cannot be signed.
    """
    if (Path(what) / CARD).is_file():
        publication = publish_card(home, Path(what), approved_by, approved_at)
        run_id = run_of_card(publication.card.digest, store)
    elif _RUN_ID.fullmatch(what):
        with card_of_run(what, store) as folder:
            publication = publish_card(home, folder, approved_by, approved_at)
        run_id = what
    else:
        raise TrainingError(
            f"{what!r} is neither a folder with a {CARD} nor a run id of 32 hex digits;"
            " rongzi train prints both"
        )
    return Promotion(publication, run_id, make_champion(run_id, store) if run_id else None)
