"""Runs that are killed (SIGKILL): at a chosen change of the file system, or after a chosen time.

Between two changes of the file system the files do not move, so a kill at each change stands for a
kill at any moment between. A kill by time also hits the middle of a write.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from api.editions.batch import publish_profile  # noqa: F401 - loaded once, before the forks
from data.importing.importer import import_files  # noqa: F401 - likewise
from data.storage import profiles
from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces
from data.storage.private_files import drafted, scratch
from tests.support.fork_server import fork_server

#: A run that takes longer hangs.
_TIMEOUT_SECONDS = 120.0
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
Task = Callable[[], object]


def killed_at_change(task: Task, number: int) -> bool:
    """Run `task` in a process that kills itself at change `number`, from 0; was it killed?"""
    return _is_killed(_kill_at, (task, number), None)


def killed_after(task: Task, seconds: float) -> bool:
    """Run `task` in a process and kill it after so many seconds; return whether it was killed."""
    return _is_killed(_run, (task,), seconds)


def write_and_wait(path: Path, text: str) -> None:
    """Write `text` to a draft of `path`, and wait to be killed."""
    with drafted(path) as draft:
        draft.write_text(text)
        time.sleep(_TIMEOUT_SECONDS)


def hold_scratch(ready: Path) -> None:
    """Write to a scratch folder in the folder of `ready`, make `ready`, and wait to be killed."""
    tempfile.tempdir = str(ready.parent)
    with scratch() as folder:
        (folder / "rows").write_text("of a person")
        ready.touch()
        time.sleep(_TIMEOUT_SECONDS)


def profile_until_killed(archive: Archive, day: date, kept: KeptPieces, piece: int) -> None:
    """Profile `archive`, `piece` members at a time, and die (SIGKILL) after the first piece."""
    profiles.PIECE = piece  # type: ignore[attr-defined]
    profiles.profile_as_of(archive, day, kept=kept, progress=_die)


def _die(_done: int, _of: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _is_killed(target: Callable[..., None], args: tuple[Any, ...], seconds: float | None) -> bool:
    process = fork_server().Process(target=target, args=args)
    process.start()
    process.join(_TIMEOUT_SECONDS if seconds is None else seconds)
    if process.is_alive():
        assert seconds is not None, "the run hangs"
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    assert code in (0, -signal.SIGKILL), f"the run failed: {code}"
    return code != 0


def _run(task: Task) -> None:
    task()


def _kill_at(task: Task, number: int) -> None:
    changes = count()

    def kill(event: str, arguments: tuple[Any, ...]) -> None:
        if _is_change(event, arguments) and next(changes) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    task()


def _is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return event in _CHANGES
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
