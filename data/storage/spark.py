"""Spark: a session, and tasks that executors run; the driver receives their short answers only."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from model import errors
from model.errors import GivenError, RongziError, RunError
from model.policy import texts

#: UTC, so that dates do not depend on the machine's time zone.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_ON_ONE_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
_LOCAL = "local[*]"
_SCHEMA = pa.schema([(name, pa.string()) for name in ("answer", "error", "message")])
_ANSWERS = ", ".join(f"{name} string" for name in _SCHEMA.names)

#: What a task answers: counts, names and digests, never a member.
Answer = Mapping[str, Any]
Task = Callable[[int], Answer]


def spark_session(master: str | None = None) -> Any:
    """Return the Spark session of this process, started if there is none.

    Parameters
    ----------
    master
        Address of the cluster, such as ``yarn`` or ``spark://HOST:7077``. None takes the settings
        of ``spark-submit`` or, without it, this machine's cores and loopback.

    Raises
    ------
    GivenError
        If pyspark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise GivenError(
            "Spark is not installed: pip install '.[spark]' (it needs Java 17), or use DuckDB"
        ) from error
    builder = SparkSession.builder.appName("rongzi").config(map=_SETTINGS)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        # Python workers compute, so they need the packages of this environment.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        master = master or _LOCAL
    if master:
        builder = builder.master(master)
    if master and master.startswith("local"):
        builder = builder.config(map=_ON_ONE_MACHINE)
    return SparkSession.getActiveSession() or builder.getOrCreate()


def run_tasks(session: Any, task: Task, numbers: Sequence[int]) -> list[Answer]:
    """Run `task` on executors, once for each of `numbers`; return its answers in their order.

    Spark repeats a task whose executor is lost. What a task refuses by an error of `model.errors`
    would be refused again, so that is not repeated, and is raised here.

    Raises
    ------
    RongziError
        The first error that a task raised, of the same class.
    RunError
        If Spark gave a task up.
    """
    from pyspark.errors import PySparkException

    if not numbers:
        return []
    frame = session.range(0, len(numbers), 1, len(numbers))
    answers = partial(_answers, task, tuple(numbers), texts.adopted())
    try:
        rows = frame.mapInArrow(answers, _ANSWERS).collect()
    except PySparkException as error:
        raise RunError(
            "Spark gave up a part of the run; its message above and the logs of the executors say"
            " why. Run this again when that is cured"
        ) from error
    for row in rows:
        if row.error:
            raise getattr(errors, row.error)(row.message)
    return [json.loads(row.answer) for row in rows]


def task_processors() -> int | None:
    """Return how many processors this task of Spark may use; None outside a task."""
    context = _task()
    return None if context is None else context.cpus()


def task_attempt() -> int:
    """Return a number that no other attempt at a task of this run has; 0 outside a task."""
    context = _task()
    return 0 if context is None else int(context.taskAttemptId())


def _task() -> Any:
    from pyspark import TaskContext

    return TaskContext.get()


def _answers(
    task: Task,
    numbers: Sequence[int],
    adopted: Mapping[str, str],
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Answer on an executor, by the policy of the driver's home."""
    texts.use(adopted)
    for batch in batches:
        for place in batch.column(0).to_pylist():
            yield pa.RecordBatch.from_pylist([_answer(task, numbers[place])], _SCHEMA)


def _answer(task: Task, number: int) -> dict[str, str | None]:
    try:
        return {"answer": json.dumps(task(number)), "error": None, "message": None}
    except RongziError as error:
        return {"answer": None, "error": type(error).__name__, "message": str(error)}
