"""The families a card can be learned by, behind one interface."""

from __future__ import annotations

from model.errors import TrainingError
from training.additive import Family
from training.woe_family import WoeFamily

_FAMILIES: dict[str, type[Family]] = {"woe": WoeFamily, "auto": WoeFamily}


def family_named(name: str) -> Family:
    """Return the family called `name`; ``auto`` is the best this release has.

    Raises
    ------
    TrainingError
        If this release has no such family.
    """
    if name == "ebm":
        raise TrainingError(
            "explainable boosting (--family ebm) is not in this release; use --family woe"
        )
    if name not in _FAMILIES:
        raise TrainingError(f"no family is called {name!r}; use one of {', '.join(_FAMILIES)}")
    return _FAMILIES[name]()
