"""What the workers of one service share: the folder of their metrics, and settings of each process.

This module must not import prometheus-client, which reads ``PROMETHEUS_MULTIPROC_DIR`` when it is
imported: the parent sets the variable first, and its workers inherit the imported modules.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SWITCH_INTERVAL_SECONDS = 0.0005


def share_metrics() -> None:
    """Make a folder where all workers started from this process write their metrics."""
    folder = tempfile.mkdtemp(prefix="rongzi-metrics-")
    os.environ[METRICS_FOLDER] = folder
    atexit.register(_remove_shared_folder, folder, os.getpid())


def forget_dead_workers() -> None:
    """Remove the gauges of workers that ended, which would be summed for ever."""
    if folder := os.environ.get(METRICS_FOLDER):
        for path in Path(folder).glob("gauge_live*_*.db"):
            if not _is_alive(int(path.stem.rpartition("_")[2])):
                path.unlink(missing_ok=True)


def shorten_switch_interval() -> None:
    """Let the event loop run soon while the ledger's thread computes.

    By default each wake-up of the loop waits up to 5 ms for the interpreter lock, and a refusal
    needs many wake-ups.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)


def freeze_startup_objects() -> None:
    """Exempt the objects made at start-up, which live as long as the process, from collection."""
    gc.collect()
    gc.freeze()


def _remove_shared_folder(folder: str, parent: int) -> None:
    # Workers inherit this exit handler; only the parent may remove the folder.
    if os.getpid() == parent:
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
