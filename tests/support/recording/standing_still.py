"""Time that stands still and chance that repeats itself, at the level of the standard library.

No module of ours is named here: whichever of them holds the standard library's ``datetime`` gets
one whose present moment is set, wherever the module lies.
"""

from __future__ import annotations

import datetime as real
import hashlib
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[3]


class Moment:
    """The present moment, and a source of chance that begins anew with each step."""

    def __init__(self) -> None:
        self.now = real.datetime(2023, 10, 9, 2, tzinfo=real.UTC)
        self._guard = threading.Lock()
        self._seed, self._taken = "", 0

    def step(self, name: str, now: real.datetime) -> None:
        """Begin the step `name` at `now`."""
        self.now = now
        with self._guard:
            self._seed, self._taken = name, 0

    def chance(self, size: int) -> bytes:
        """Return the next `size` bytes of this step."""
        found = b""
        with self._guard:
            while len(found) < size:
                self._taken += 1
                found += hashlib.sha256(f"{self._seed} {self._taken}".encode()).digest()
        return found[:size]


@contextmanager
def standing_still() -> Iterator[Moment]:
    """Hold time and chance of this process; modules must be imported before."""
    moment = Moment()
    put = [
        (os, "urandom", moment.chance),
        (random, "_urandom", moment.chance),
        (uuid, "uuid4", lambda: uuid.UUID(bytes=moment.chance(16), version=4)),
        (time, "time_ns", lambda: int(moment.now.timestamp()) * 10**9),
        *((module, name, _standing(moment)) for module, name in _holders()),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in put]
    for module, name, value in put:
        setattr(module, name, value)
    try:
        yield moment
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _standing(moment: Moment) -> type:
    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real.datetime)

    class Standing(real.datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.now.astimezone(tz)

    return Standing


def _holders() -> Iterator[tuple[Any, str]]:
    """Yield our modules that are loaded and hold ``datetime``, and under which name."""
    for module in list(sys.modules.values()):
        file = Path(getattr(module, "__file__", None) or "/")
        if _ROOT not in file.parents:
            continue
        if {"site-packages", "tests"} & set(file.relative_to(_ROOT).parts):
            continue
        for name, value in list(vars(module).items()):
            if value is real.datetime:
                yield module, name
