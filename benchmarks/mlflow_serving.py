"""Run ``mlflow models serve`` on the published card, the comparison for the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from api.editions.edition import Edition, PlaceFilter
from data.publishing.published_card import published_folder
from tests.support.service.ports import free_port
from tests.support.service.running import end_group, wait_until

PATH = "/invocations"


@contextmanager
def serving_with_mlflow(home: Path, folder: Path, prefix: Sequence[str] = ()) -> Iterator[int]:
    """Serve the card of `home` as training logs it, with one worker; yield the port."""
    import mlflow

    import training.tracking.pyfunc_model

    code = Path(str(training.tracking.pyfunc_model.__file__))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            folder / "model",
            python_model=str(code),
            artifacts={"card": str(published_folder(home).resolve())},
            code_paths=[str(code.parents[2] / "model")],
            # MLflow serves from this environment, so it needs no list of packages.
            pip_requirements=["mlflow"],
        )
    port = free_port()
    options = ["-m", str(folder / "model"), "--env-manager", "local", "--workers", "1"]
    command = [*prefix, sys.executable, "-m", "mlflow", "models", "serve"]
    # MLflow starts its HTTP server by name, from PATH.
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with (
        (folder / "mlflow.log").open("wb") as log,
        subprocess.Popen(
            [*command, *options, "--port", str(port)],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            wait_until(lambda: _answers_ping(port), "serving", process)
            yield port
        finally:
            end_group(process)


def mlflow_bodies(home: Path, members: int) -> list[str]:
    """Return a body for each member: the profile in the format of MLflow's server."""
    edition = Edition.current(home)
    bodies = []
    for row in edition.page(PlaceFilter(), None, None, members):
        columns = edition.columns(row["member_id"]) or {}
        numbers = {name: value[0] for name, value in columns.items() if value.dtype != object}
        data = [None if np.isnan(value) else float(value) for value in numbers.values()]
        bodies.append(json.dumps({"dataframe_split": {"columns": list(numbers), "data": [data]}}))
    return bodies


def _answers_ping(port: int) -> bool:
    from urllib.request import urlopen

    try:
        with urlopen(f"http://127.0.0.1:{port}/ping", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
