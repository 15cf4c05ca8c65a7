"""A fixed clock and repeatable random bytes, by replacing functions of the standard library.

No module of the product is named here. Every module that imported ``datetime`` gets a class whose
``now`` returns the fixed moment, wherever the module is.
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
    """The current moment, and random bytes that start again with each step."""

    def __init__(self) -> None:
        self.now = real.datetime(2023, 10, 9, 2, tzinfo=real.UTC)
        self._lock = threading.Lock()
        self._seed, self._drawn = "", 0

    def step(self, name: str, now: real.datetime) -> None:
        """Start the step `name` at `now`; its name seeds the random bytes."""
        self.now = now
        with self._lock:
            self._seed, self._drawn = name, 0

    def random_bytes(self, size: int) -> bytes:
        """Return the next `size` random bytes of this step."""
        found = b""
        with self._lock:
            while len(found) < size:
                self._drawn += 1
                found += hashlib.sha256(f"{self._seed} {self._drawn}".encode()).digest()
        return found[:size]


@contextmanager
def fixed_time() -> Iterator[Moment]:
    """Fix time and random bytes of this process; modules must be imported before."""
    moment = Moment()
    replacements = [
        (os, "urandom", moment.random_bytes),
        (random, "_urandom", moment.random_bytes),
        (uuid, "uuid4", lambda: uuid.UUID(bytes=moment.random_bytes(16), version=4)),
        (time, "time_ns", lambda: int(moment.now.timestamp()) * 10**9),
        *((module, name, _datetime_class(moment)) for module, name in _importers()),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    for module, name, value in replacements:
        setattr(module, name, value)
    try:
        yield moment
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _datetime_class(moment: Moment) -> type:
    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real.datetime)

    class FixedDatetime(real.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.now.astimezone(tz)

    return FixedDatetime


def _importers() -> Iterator[tuple[Any, str]]:
    """Yield the loaded modules of the product that import ``datetime``, with the name they use."""
    for module in list(sys.modules.values()):
        file = Path(getattr(module, "__file__", None) or "/")
        if _ROOT not in file.parents:
            continue
        if {"site-packages", "tests"} & set(file.relative_to(_ROOT).parts):
            continue
        for name, value in list(vars(module).items()):
            if value is real.datetime:
                yield module, name
