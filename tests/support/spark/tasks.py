"""Tasks that executors import by name."""

from __future__ import annotations

import os
from pathlib import Path

from data.storage.spark import Answer, task_attempt
from model.errors import RunError
from model.policy.texts import text_of


def policy_text(_number: int) -> Answer:
    """Answer the policy's text in use."""
    return {"text": text_of("policy.yaml")}


def attempt(_number: int) -> Answer:
    """Answer the number of this attempt, which Spark counts, and the process id of its executor."""
    return {"attempt": task_attempt(), "executor": _executor(os.getppid())}


def _executor(pid: int) -> int:
    """Return which of `pid` and its ancestors is the executor: between lies a daemon of Python."""
    while b"ExecutorBackend" not in Path(f"/proc/{pid}/cmdline").read_bytes():
        # After the name, which may hold spaces, come the state and the parent.
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid


def refuse(folder: Path, number: int) -> Answer:
    """Leave a file, which a second attempt cannot make again; refuse all numbers but 0."""
    (folder / str(number)).touch(exist_ok=False)
    if number:
        raise RunError(f"task {number} refuses")
    return {}
