"""A small published home, made in seconds: simulated members under a card that nobody trained."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from api.editions.batch import publish_profile
from api.scoring.kernel import Basis
from data.publishing.published_card import publish_card, published_card
from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.card.card_file import write_card
from model.policy.policy import policy_on
from tests.support.card_by_hand import card_by_hand

AS_OF = date(2023, 10, 1)


def small_home(folder: Path, members: int = 300) -> Path:
    """Publish the card and an edition of simulated members in a home under `folder`.

    Parameters
    ----------
    members : int
        How many are simulated, over 36 months up to `AS_OF`.
    """
    home, archive = folder / "published", Archive(folder / "archive")
    simulate(load_scenario(), members, 36, seed=54).write(archive)
    write_card(folder / "card", card_by_hand())
    publish_card(home, folder / "card", "Tester", datetime(2023, 10, 1, tzinfo=UTC))
    basis = Basis(AS_OF, policy_on(AS_OF), published_card(home))
    publish_profile(archive, profile_as_of(archive, AS_OF), basis, home, home / "rows.parquet")
    return home
