"""Mass access: an alarm when one account is shown more persons in an hour than its work needs.

Each worker counts alone and from its start, so several workers together raise it later.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic

HOUR_SECONDS = 3600.0
#: Most accounts in memory; the one idle longest is dropped first.
_MAX_ACCOUNTS = 10_000


class MassAccess:
    """Persons shown to each account within the last hour."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._shown: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self._raised: dict[str, float] = {}

    def note(self, account: str, persons: int, most: int) -> int:
        """Count persons shown to `account`; return their number in this hour if it is an alarm.

        An alarm is raised once an hour for each account; 0 means none.
        """
        now = self._clock()
        shown = self._shown.pop(account, deque())
        self._shown[account] = shown
        shown.append((now, persons))
        while shown and shown[0][0] <= now - HOUR_SECONDS:
            shown.popleft()
        if len(self._shown) > _MAX_ACCOUNTS:
            self._shown.popitem(last=False)
        total = sum(count for _, count in shown)
        if total <= most or now - self._raised.get(account, float("-inf")) < HOUR_SECONDS:
            return 0
        self._raised[account] = now
        return total
