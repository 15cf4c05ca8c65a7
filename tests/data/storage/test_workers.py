"""A worker does not outlive the process that it works for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.service.running import wait_until

_POOL = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from data.storage.workers import end_with_parent

pool = ProcessPoolExecutor(1, get_context("spawn"), end_with_parent)
print(pool.submit(os.getpid).result(), flush=True)
pool.submit(time.sleep, 60).result()
"""


def test_a_worker_ends_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", _POOL], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        worker = Path("/proc") / run.stdout.readline().strip()
        assert _is_running(worker)
        run.kill()
    wait_until(lambda: not _is_running(worker), "ended", seconds=20)


def _is_running(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
