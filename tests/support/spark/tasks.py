"""Tasks that executors import by name."""

from __future__ import annotations

from pathlib import Path

from data.storage.spark import Answer, task_attempt
from model.errors import RunError
from model.policy.texts import text_of


def policy_text(_number: int) -> Answer:
    """Answer the policy's text in use."""
    return {"text": text_of("policy.yaml")}


def attempt(_number: int) -> Answer:
    """Answer the number of this attempt; Spark counts them one after the other."""
    return {"attempt": task_attempt()}


def refuse(folder: Path, number: int) -> Answer:
    """Leave a file, which a second attempt cannot make again; refuse all numbers but 0."""
    (folder / str(number)).touch(exist_ok=False)
    if number:
        raise RunError(f"task {number} refuses")
    return {}
