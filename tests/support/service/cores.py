"""The cores of the deployment notes: some for the service alone, the others for all else.

A request that arrives wakes its reader beside whoever sent it. Where proxy and client share the
service's core, they are woken in its place, and each refusal takes that from a decision.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.service.deployment_page import code_block


def printed_cores() -> set[int]:
    """Return the cores that the unit of the notes gives the service."""
    (cores,) = re.findall(
        r"^CPUAffinity=([0-9 ]+)$", code_block("ini", "User=rongzi"), re.MULTILINE
    )
    return {int(core) for core in cores.split()}


def on_its_cores() -> tuple[str, ...]:
    """Return the words to put before a command that is to run on the service's cores.

    None where the machine has no others: then all share what there is.
    """
    cores = printed_cores()
    if not cores < os.sched_getaffinity(0):
        return ()
    return ("taskset", "--cpu-list", ",".join(map(str, sorted(cores))))


@contextmanager
def kept_apart() -> Iterator[tuple[str, ...]]:
    """Keep this thread and what it starts off the service's cores, where there are others.

    Yields what `on_its_cores` returned before.
    """
    prefix, allowed = on_its_cores(), os.sched_getaffinity(0)
    if prefix:
        os.sched_setaffinity(0, allowed - printed_cores())
    try:
        yield prefix
    finally:
        os.sched_setaffinity(0, allowed)
