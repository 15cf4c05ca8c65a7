"""Reading and checking of all files of an import, by several processes, in a fixed order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from data.importing.limits import MIB
from data.importing.settling.staging import StagedFile, stage_file
from data.storage.workers import end_with_parent
from model.errors import RongziError

#: Processes start only for more bytes than this, because starting them takes time too.
_MIN_BYTES_FOR_PROCESSES = 4 * MIB
#: Rows are many small lists; collecting garbage rarely saves a tenth of the time.
_GC_THRESHOLD = 200_000

#: Called with the name of a step, the amount done, and the total.
Progress = Callable[[str, int, int], None]


def stage_files(
    files: Sequence[Path], folder: Path, moment: datetime, workers: int, progress: Progress
) -> list[StagedFile]:
    """Read and check `files` into `folder`; the outcome is the same for any number of workers.

    Raises
    ------
    RongziError
        If a worker process dies; nothing is stored before.
    """
    task = partial(_stage, folder=folder, moment=moment)
    staged = []
    try:
        for outcome in _map_files(task, list(enumerate(files)), workers):
            staged.append(outcome)
            progress("reading", len(staged), len(files))
    except BrokenProcessPool as error:
        raise RongziError(
            "a process that reads files died, perhaps because memory ran out; nothing was stored."
            " Import fewer files at a time"
        ) from error
    return staged


def _stage(numbered: tuple[int, Path], folder: Path, moment: datetime) -> StagedFile:
    number, path = numbered
    return stage_file(path, number, folder, moment)


def _map_files(
    task: Callable[[tuple[int, Path]], StagedFile], files: list[tuple[int, Path]], workers: int
) -> Iterator[StagedFile]:
    size = sum(path.stat().st_size for _, path in files if path.is_file())
    if workers == 1 or len(files) == 1 or size < _MIN_BYTES_FOR_PROCESSES:
        yield from map(task, files)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker) as pool:
        yield from pool.map(task, files)


def _start_worker() -> None:
    """Limit a worker to one thread, because there are several workers, and to this import."""
    end_with_parent()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    gc.set_threshold(_GC_THRESHOLD)
