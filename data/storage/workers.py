"""Worker processes that end with the process that started them."""

from __future__ import annotations

import os
import threading
from multiprocessing import parent_process
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """Let this worker process end as soon as the one that started it is gone.

    A process that is killed (SIGKILL, out of memory) cannot stop its workers, which would wait for
    work for ever, with rows of members in memory.
    """
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
