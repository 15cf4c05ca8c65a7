"""The cores of the deployment notes: some for the service alone, the others for all else.

A request that arrives wakes its reader beside whoever sent it. Where proxy and client share the
service's core, they are woken in its place, and each refusal takes that from a decision.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.proxy import NOTES

_UNIT = re.compile(r"^\[Service\]\nUser=rongzi\n(?:.+\n)*?CPUAffinity=([0-9 ]+)$", re.MULTILINE)


def printed_cores() -> set[int]:
    """Return the cores that the unit of the notes gives the service."""
    (printed,) = _UNIT.findall(NOTES.read_text(encoding="utf-8"))
    return {int(core) for core in printed.split()}


@contextmanager
def kept_apart() -> Iterator[tuple[str, ...]]:
    """Keep this thread and what it starts off the service's cores.

    Yields the words to put before a command that is to run on them; none where the machine has no
    other cores, and then all share what there is, as they would without those lines of the notes.
    """
    allowed = os.sched_getaffinity(0)
    cores = printed_cores()
    if not cores < allowed:
        yield ()
        return
    os.sched_setaffinity(0, allowed - cores)
    try:
        yield ("taskset", "--cpu-list", ",".join(map(str, sorted(cores))))
    finally:
        os.sched_setaffinity(0, allowed)
