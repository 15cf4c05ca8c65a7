"""What an analyst decides before a card is learned: attributes left out, directions."""

from __future__ import annotations

from dataclasses import replace

from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.families.derived_attributes import without_attributes
from training.settings import Settings


def shaped(dictionary: Dictionary, settings: Settings) -> Dictionary:
    """Return `dictionary` as the analyst's settings shape the card; its digest stays.

    Raises
    ------
    TrainingError
        If the settings name an attribute that is not scored.
    """
    scored = dictionary.named("scored")
    named = [*settings.without, *(name for name, _ in settings.directions)]
    if unknown := sorted(set(named) - set(scored)):
        raise TrainingError(f"no scored attribute is called {', '.join(unknown)}")
    directions = dict(settings.directions)
    changed = {
        name: replace(each, direction=directions.get(name, each.direction))
        for name, each in dictionary.attributes.items()
    }
    return without_attributes(Dictionary(changed, dictionary.digest), settings.without)
