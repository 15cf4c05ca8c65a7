"""One thing that is examined of an installation, and how it is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.profile.dictionary import Text

Level = Literal["unsafe", "note", "ok"]


@dataclass(frozen=True)
class Check:
    """One thing that was examined.

    Attributes
    ----------
    code : str
        Stable, such as ``STALE_EDITION``.
    text : Text
        What was found and, unless all is well, what to do.
    """

    code: str
    level: Level
    text: Text


def unsafe(code: str, zh: str, en: str) -> Check:
    """Return a check that found what endangers people or money."""
    return Check(code, "unsafe", Text(zh, en))


def note(code: str, zh: str, en: str) -> Check:
    """Return a check that a person should judge."""
    return Check(code, "note", Text(zh, en))


def ok(code: str, zh: str, en: str) -> Check:
    """Return a check that found all well."""
    return Check(code, "ok", Text(zh, en))
