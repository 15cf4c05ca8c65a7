"""How often a caller may ask: a token bucket for each, in this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

#: Callers remembered; who was idle longest is forgotten first, with a full bucket.
_MOST_CALLERS = 20_000


class Buckets:
    """Token buckets: `burst` at once, `per_second` steadily.

    In memory alone: with several workers a caller may ask each of them as often.
    """

    def __init__(
        self, per_second: float, burst: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take one token of `caller`'s, or return after how many seconds there will be one."""
        now = self._clock()
        tokens, then = self._held.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        allowed = tokens >= 1
        self._held[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._held) > _MOST_CALLERS:
            self._held.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second
