"""A real cluster on this machine: a master and two executors, each a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from data.storage.spark import spark_session
from tests.support.paths import ROOT

MASTER = "local-cluster[2,1,1024]"
_PATIENCE_SECONDS = 240


@contextmanager
def cluster(folder: Path) -> Iterator[Any]:
    """Yield a session whose two executors work, and log, in `folder`."""
    import pyspark
    from pyspark.sql import SparkSession

    # An earlier test of this process may have left its own session, on this process's cores.
    left = SparkSession.getActiveSession()
    if left is not None:
        _stop(left)
    home = folder / "spark"
    home.mkdir()
    for each in Path(pyspark.__file__).parent.iterdir():
        (home / each.name).symlink_to(each)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(home))
        # So that executors find functions of tests; the product is installed.
        given = f"--conf spark.executorEnv.PYTHONPATH={ROOT} pyspark-shell"
        patch.setenv("PYSPARK_SUBMIT_ARGS", given)
        session = spark_session(MASTER)
        try:
            assert session.sparkContext.master == MASTER
            yield session
        finally:
            _stop(session)


def _stop(session: Any) -> None:
    """Stop the session and its Java process, so that later tests start one with own settings."""
    from pyspark import SparkContext

    session.stop()
    gateway = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)
    SparkContext._gateway = SparkContext._jvm = None


@contextmanager
def killed_when(process: int, is_time: Callable[[], bool]) -> Iterator[None]:
    """Kill `process` (SIGKILL) as soon as `is_time` says so, while the block runs."""
    died: list[int] = []

    def kill() -> None:
        until = monotonic() + _PATIENCE_SECONDS
        while monotonic() < until:
            if is_time():
                os.kill(process, signal.SIGKILL)
                died.append(process)
                return
            sleep(0.02)

    thread = Thread(target=kill)
    thread.start()
    yield
    thread.join()
    assert died, "the time to kill never came"
