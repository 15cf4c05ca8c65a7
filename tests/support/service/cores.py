"""The cores of docs/use/deployment.md: some for the service alone, the others for everything else.

The kernel wakes the reader of a request on the core of its sender. Where proxy and client share the
service's core, each refusal takes time from a decision.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.service.deployment_page import code_block


def printed_cores() -> set[int]:
    """Return the cores that the printed unit gives the service."""
    (cores,) = re.findall(
        r"^CPUAffinity=([0-9 ]+)$", code_block("ini", "User=rongzi"), re.MULTILINE
    )
    return {int(core) for core in cores.split()}


def service_core_prefix() -> tuple[str, ...]:
    """Return the words before a command that make it run on the service's cores.

    Empty where the machine has no other cores: then everything shares them.
    """
    cores = printed_cores()
    if not cores < os.sched_getaffinity(0):
        return ()
    return ("taskset", "--cpu-list", ",".join(map(str, sorted(cores))))


@contextmanager
def separate_cores() -> Iterator[tuple[str, ...]]:
    """Move this thread and its children off the service's cores; yield `service_core_prefix`."""
    prefix, allowed = service_core_prefix(), os.sched_getaffinity(0)
    if prefix:
        os.sched_setaffinity(0, allowed - printed_cores())
    try:
        yield prefix
    finally:
        os.sched_setaffinity(0, allowed)
