"""A real ``mlflow server`` on PostgreSQL, with a folder for artifacts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient

from cli.promote import command as promote_command
from cli.train import command as train_command
from data.publishing.published_card import published_card
from data.storage.flat_table import card_columns, read_flat_table
from tests.support.ledger.postgres import Postgres
from tests.support.service.ports import free_port
from tests.support.training_table import write_loans
from training.tracking.runs import CHAMPION, EXPERIMENT, REGISTERED
from training.tracking.store import opened

_SECONDS_TO_START = 120


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "artifacts"


@pytest.fixture(scope="module")
def server(
    postgres: Postgres, artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server that runs in a folder of its own."""
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{port}"
    database = postgres.new_database().replace("postgresql:", "postgresql+psycopg:")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database,
             "--artifacts-destination", str(artifacts), "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1"],
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            cwd=folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(address, process, folder / "log")
            yield address
        finally:
            os.killpg(process.pid, 15)
            process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture(scope="module")
def done(server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str, str]:
    """The working folder, the run's id, and what train and promote printed."""
    folder = tmp_path_factory.mktemp("work")
    write_loans(folder / "loans.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        trained = _run(train_command, "--table", "loans.parquet", "--target", "bad", "--family",
                       "woe", "--trained-by", "李训", "--home", "home",
                       "--mlruns", server)  # fmt: skip
        run_id = next(line.split()[2] for line in trained.splitlines() if "run:" in line)
        patch.delenv("RONGZI_MLRUNS", raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", server)
        promoted = _run(promote_command, run_id, "--approved-by", "王审批", "--home", "home")
    return folder, run_id, trained, promoted


def _run(command: object, *options: str) -> str:
    result = CliRunner().invoke(command, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_training_and_promotion_leave_no_store_beside_the_server(
    done: tuple[Path, str, str, str], server: str
) -> None:
    folder, run_id, trained, promoted = done
    assert {path.name for path in folder.iterdir()} == {"loans.parquet", "home"}
    assert f"{server}/#/experiments/1/runs/{run_id}/artifacts" in trained
    assert "View run" not in trained
    assert f"rongzi-e version 1 is champion (run {run_id})" in promoted


def test_the_server_keeps_run_data_sets_tags_and_artifacts(
    done: tuple[Path, str, str, str], server: str, artifacts: Path
) -> None:
    _, run_id, _, _ = done
    client = MlflowClient(server, server)
    run = client.get_run(run_id)
    assert client.get_experiment_by_name(EXPERIMENT).tags["mlflow.experimentKind"]
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert len(run.inputs.dataset_inputs) == 2
    assert run.data.tags["approved_by"] == "王审批"
    assert list(artifacts.rglob(f"{run_id}/artifacts/card/card.json"))
    assert client.get_model_version_by_alias(REGISTERED, CHAMPION).tags["role"] == CHAMPION


def test_the_registered_model_of_the_server_scores_as_the_card_does(
    done: tuple[Path, str, str, str], server: str
) -> None:
    folder = done[0]
    with opened(server):
        model = mlflow.pyfunc.load_model(f"models:/{REGISTERED}@{CHAMPION}")
    frame = pd.read_parquet(folder / "loans.parquet")[["income", "crop"]]
    card = published_card(folder / "home").card
    columns = card_columns(read_flat_table(folder / "loans.parquet"), card)
    totals = card.total(card.points_by_attribute(card.codes(columns)))
    np.testing.assert_array_equal(model.predict(frame)["points"], totals)
