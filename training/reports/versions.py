"""The versions of the software that made a card."""

from __future__ import annotations

import importlib.metadata
import platform

from model import __version__

#: Libraries whose version can change a card.
LEARNERS = ("numpy", "scikit-learn", "optbinning", "ortools", "lightgbm")


def versions() -> dict[str, str]:
    """Return the version of this package, of Python, and of each learner that is installed."""
    return {"rongzi-e": __version__, "Python": platform.python_version(), **learners()}


def learners() -> dict[str, str]:
    """Return the version of each learner's library."""
    return {name: importlib.metadata.version(name) for name in LEARNERS}
