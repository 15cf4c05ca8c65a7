"""Random streams by purpose, so that results do not depend on the order of calls."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Luck:
    """The seed of a simulation and, for the truth, the redraw of single households' luck.

    Attributes
    ----------
    replication : int
        0 is the luck of the archive; other numbers redraw the events of single households.
    since : int or None
        First month in which `replication` differs from 0; earlier months are the same.
    """

    seed: int
    replication: int = 0
    since: int | None = None

    def shared(self, purpose: str, month: int = 0) -> np.random.Generator:
        """Return the stream of events shared by households, the same in all replications."""
        return self._stream(purpose, month, 0)

    def own(self, purpose: str, month: int = 0) -> np.random.Generator:
        """Return the stream of events of single households, redrawn in each replication."""
        redrawn = self.since is not None and month >= self.since
        return self._stream(purpose, month, self.replication if redrawn else 0)

    def _stream(self, purpose: str, month: int, replication: int) -> np.random.Generator:
        key = (self.seed, zlib.crc32(purpose.encode()), month, replication)
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))
