"""What the workers of one service share: a folder of metric files, and their parent's life."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

#: prometheus-client looks for this name when it is imported.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
_TURN_SECONDS = 0.0005


def share_metrics() -> None:
    """Let workers started from here write their metrics where each of them can sum them up."""
    folder = tempfile.mkdtemp(prefix="rongzi-metrics-")
    os.environ[SHARED] = folder
    atexit.register(_clear, folder, os.getpid())


def answer_while_deciding() -> None:
    """Let the event loop have the interpreter soon while the ledger's thread reckons.

    Else each wake of the loop waits up to 5 ms for its turn, and a refusal waits for many.
    """
    sys.setswitchinterval(_TURN_SECONDS)


def spare_the_lasting() -> None:
    """Keep what was made at the start, and lasts, out of the collector's rounds."""
    gc.collect()
    gc.freeze()


def forget_dead_workers() -> None:
    """Drop the momentary values of workers that are gone, which would be summed for ever."""
    if folder := os.environ.get(SHARED):
        for path in Path(folder).glob("gauge_live*_*.db"):
            if not _alive(int(path.stem.rpartition("_")[2])):
                path.unlink(missing_ok=True)


def _clear(folder: str, parent: int) -> None:
    # Workers inherit this function; only the parent may clear the folder.
    if os.getpid() == parent:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
