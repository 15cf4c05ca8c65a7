"""What commits cover together: whatever lies between them, the service did not write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Interval(NamedTuple):
    """Numbers behind `after`, up to `last`."""

    after: int
    last: int


def uncovered(intervals: Iterable[Interval], begun: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of numbers behind `begun`, up to `last`, in no interval."""
    covered = begun
    for interval in sorted(intervals):
        if covered < min(interval.after, last):
            yield covered + 1, min(interval.after, last)
        covered = max(covered, interval.last)
    if covered < last:
        yield covered + 1, last
