"""How much is being worked on, and the places of those who are: `api.running.admission` asks."""

from __future__ import annotations

import time
from dataclasses import dataclass

from api.running.logs import log
from api.running.metrics import IN_WORK

_TELL_EVERY_SECONDS = 1.0


@dataclass
class Load:
    """How much is being done now, of how much may be.

    Attributes
    ----------
    most_in_work : int
        Requests worked on at once; more are told to come again.
    working, sending : int
        Requests worked on, and requests whose body is on its way.
    """

    most_in_work: int
    working: int = 0
    sending: int = 0
    _refused: int = 0
    _told_at: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is worked on now."""
        return self.working >= self.most_in_work

    def tell_refusal(self) -> None:
        """Count a refusal; the log says once a second how many there were."""
        self._refused += 1
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_SECONDS:
            log.warning("overloaded", count=self._refused)
            self._told_at, self._refused = now, 0


class Place:
    """One of the `load.most_in_work` places; whoever holds it must leave it."""

    __slots__ = ("_load", "is_held")

    def __init__(self, load: Load) -> None:
        self._load, self.is_held = load, False

    def take(self) -> bool:
        """Take the place unless it is held already; False where none is left."""
        if self.is_held:
            return True
        if self._load.is_full:
            return False
        self._load.working += 1
        self.is_held = True
        IN_WORK.inc()
        return True

    def leave(self) -> None:
        """Leave the place, if it is held."""
        if self.is_held:
            self._load.working -= 1
            self.is_held = False
            IN_WORK.dec()
