"""A run in MLflow, and the registered champion: the same points as the card, from a real server."""

import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from cli.promote import command as promote_command
from cli.train import command as train_command
from data.publishing.published_card import published_card
from data.storage.flat_table import card_columns, read_flat_table
from model import __version__
from model.card.reasons import points_lost, ranked, reason_codes
from model.errors import GivenError, PromotionError, TrainingError
from tests.support.service.ports import free_port
from tests.support.training_table import write_loans
from training.promote import promote
from training.settings import Settings
from training.tracking.description import words
from training.tracking.runs import (
    CHAMPION,
    REGISTERED,
    card_of_run,
    file_of_run,
    run_of_card,
    store_uri,
)
from training.train import train_table


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A table, the folder its card was written to, the MLflow store, and what was printed."""
    folder = tmp_path_factory.mktemp("mlflow")
    write_loans(folder / "loans.parquet")
    result = CliRunner().invoke(train_command, [
        "--table", str(folder / "loans.parquet"), "--target", "bad", "--out", str(folder / "card"),
        "--mlruns", str(folder / "mlruns"), "--family", "woe",
    ], catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder, result.output


@pytest.fixture(scope="module")
def champion(trained):
    folder, _ = trained
    result = CliRunner().invoke(promote_command, [
        str(folder / "card"), "--approved-by", "王审批", "--home", str(folder / "home"),
        "--mlruns", str(folder / "mlruns"),
    ], catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0, result.output
    return published_card(folder / "home"), result.output


def run_id(output):
    return next(line.split()[2] for line in output.splitlines() if "run:" in line)


def kernel(card, folder):
    """Points, PD, grade and reasons by the array kernel."""
    codes = card.codes(card_columns(read_flat_table(folder / "loans.parquet"), card))
    by_factor = card.points_by_factor(codes)
    totals = card.total(by_factor)
    reasons = reason_codes(card, codes, ranked(points_lost(card, codes, by_factor)))
    return totals, card.pd(totals), card.grade(totals), reasons


def client(folder):
    from mlflow import MlflowClient

    return MlflowClient(store_uri(folder / "mlruns"), store_uri(folder / "mlruns"))


def test_the_run_keeps_parameters_metrics_and_digests(trained):
    folder, output = trained
    found = client(folder).get_run(run_id(output))
    assert len(found.data.tags["data_digest"]) == len(found.data.tags["card_digest"]) == 64
    assert found.data.params["seed"] == "54"
    auc = {name: found.data.metrics[f"held_out/auc{name}"] for name in ("", "_low", "_high")}
    assert 0.5 < auc["_low"] < auc[""] < auc["_high"]
    assert {"psi/points", "psi/income", "held_out/ece"} <= set(found.data.metrics)


def test_the_run_keeps_report_pictures_card_and_estimator(trained):
    folder, output = trained
    kept = {item.path for item in client(folder).list_artifacts(run_id(output))}
    assert {"report.html", "evaluation.json", "estimator.joblib", "plots", "card"} <= kept


def test_training_makes_a_challenger_and_promotion_the_champion(trained, champion):
    folder, _ = trained
    for alias in ("challenger", CHAMPION):
        assert int(client(folder).get_model_version_by_alias(REGISTERED, alias).version) == 1
    assert "version 1 is champion" in champion[1]


def test_promotion_signs_the_trained_card_and_prints_how_to_roll_back(trained, champion):
    folder, output = trained
    card, promotion_output = champion
    assert card.approved_by == "王审批"
    assert run_of_card(card.digest, folder / "mlruns") == run_id(output)
    assert "no other card was in use" in promotion_output


def test_a_run_is_promoted_by_its_id_and_rolled_back_by_its_folder(trained, champion, tmp_path):
    folder, output = trained
    now = datetime(2023, 10, 2, tzinfo=UTC)
    done = promote(run_id(output), "李审批", now, tmp_path, folder / "mlruns")
    assert done.publication.card.digest == champion[0].digest
    assert (done.run_id, done.version) == (run_id(output), "1")
    again = promote(str(done.publication.folder), "王审批", now, tmp_path, folder / "mlruns")
    assert again.publication.replaced == done.publication.folder


def test_a_card_of_another_store_does_not_change_the_registry(trained, tmp_path):
    now = datetime(2023, 10, 2, tzinfo=UTC)
    done = promote(str(trained[0] / "card"), "王审批", now, tmp_path / "home", tmp_path / "none")
    assert (done.run_id, done.version) == (None, None)
    assert not (tmp_path / "none").exists()


def test_a_card_without_evidence_is_not_promoted(trained, tmp_path, member_card):
    from model.card.card_file import write_card

    write_card(tmp_path / "card", member_card)
    now = datetime(2023, 10, 2, tzinfo=UTC)
    with pytest.raises(PromotionError, match="the card has no evidence"):
        promote(str(tmp_path / "card"), "王审批", now, tmp_path / "home", tmp_path / "none")
    assert not (tmp_path / "home" / "cards").exists()


@pytest.mark.parametrize(
    ("what", "error", "why"),
    [
        ("nothing", GivenError, "neither a folder"),
        ("0" * 32, TrainingError, "no run 0{32} with a card"),
    ],
)
def test_an_argument_that_is_neither_run_nor_card_is_refused(trained, tmp_path, what, error, why):
    now = datetime(2023, 10, 2, tzinfo=UTC)
    with pytest.raises(error, match=why):
        promote(what, "王审批", now, tmp_path, trained[0] / "mlruns")


def test_a_store_that_is_absent_is_not_created_by_reading_it(tmp_path):
    now = datetime(2023, 10, 2, tzinfo=UTC)
    with pytest.raises(TrainingError, match=r"no run 0{32} with a card"):
        promote("0" * 32, "王审批", now, tmp_path / "home", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_run_tells_in_words_what_was_trained_on_what(trained):
    folder, output = trained
    told = client(folder).get_run(run_id(output)).data.tags["mlflow.note.content"]
    for part in ("woe, 2 attributes", "loans.parquet", "held_out: 200 rows", "门槛 gates"):
        assert part in told


def test_a_description_stays_within_what_mlflow_accepts(trained):
    run = train_table(trained[0] / "loans.parquet", "bad", Settings(family="woe"))
    source = replace(run.origin.source, notes=("long " * 2_000,))
    told = words(replace(run, origin=replace(run.origin, source=source)))
    assert len(told) == 8_000


def test_the_run_names_its_data_by_digest_schema_and_size(trained):
    folder, output = trained
    inputs = client(folder).get_run(run_id(output)).inputs.dataset_inputs
    by_context = {
        next(tag.value for tag in each.tags if tag.key == "mlflow.data.context"): each.dataset
        for each in inputs
    }
    digest = hashlib.sha256((folder / "loans.parquet").read_bytes()).hexdigest()
    assert set(by_context) == {"training", "validation"}
    data = by_context["training"]
    told = client(folder).get_run(run_id(output)).data.tags
    assert data.digest.startswith(told["data_digest"][:16])
    assert digest in data.source
    columns = [column["name"] for column in json.loads(data.schema)["mlflow_colspec"]]
    assert columns == ["income", "crop", "bad"]
    assert json.loads(data.profile)["num_rows"] == 600
    assert data.digest != by_context["validation"].digest


def test_run_and_version_carry_trainer_gates_code_and_approver(trained, champion):
    folder, output = trained
    version = client(folder).get_model_version_by_alias(REGISTERED, CHAMPION).tags
    run = client(folder).get_run(run_id(output)).data.tags
    for tags in (version, run):
        assert tags["role"] == "champion"
        assert tags["approved_by"] == "王审批"
        assert tags["gates"] in ("passed", "flagged")
        assert tags["code_version"].startswith(__version__)
        assert tags["card_digest"] == champion[0].digest


def test_the_tracked_candidates_are_nested_in_the_run(trained):
    folder, output = trained
    own = client(folder).get_run(run_id(output)).info
    nested = client(folder).search_runs(
        [own.experiment_id], f"tags.`mlflow.parentRunId` = '{own.run_id}'"
    )
    assert [run.data.tags["family"] for run in nested] == ["woe"]


def test_the_experiment_opens_on_its_training_runs(trained):
    tags = client(trained[0]).get_experiment_by_name(REGISTERED).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"


def test_training_leaves_the_tracking_address_of_the_process_as_it_was(trained, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert run_of_card("0" * 64, trained[0] / "mlruns") is None
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:9"


def test_the_model_has_an_example_that_it_scores(trained, champion):
    import mlflow

    folder, _ = trained
    mlflow.set_tracking_uri(store_uri(folder / "mlruns"))
    model = mlflow.pyfunc.load_model(f"models:/{REGISTERED}@{CHAMPION}")
    assert model.predict(model.input_example)["points"].item() > 0


def test_a_runs_card_reads_as_it_was_written(trained):
    folder, output = trained
    with card_of_run(run_id(output), folder / "mlruns") as kept:
        assert (kept / "card.json").read_bytes() == (folder / "card" / "card.json").read_bytes()


def test_a_runs_figures_are_found_again_beside_its_evidence(trained):
    folder, output = trained
    with file_of_run(run_id(output), "evaluation.json", folder / "mlruns") as kept:
        assert kept.read_bytes() == (folder / "card" / "evaluation.json").read_bytes()


def test_the_registered_model_scores_as_the_kernel_does(trained, champion):
    import mlflow

    folder, _ = trained
    mlflow.set_tracking_uri(store_uri(folder / "mlruns"))
    model = mlflow.pyfunc.load_model(f"models:/{REGISTERED}@{CHAMPION}")
    frame = pd.read_parquet(folder / "loans.parquet")[["income", "crop"]]
    found = model.predict(frame)
    totals, pd_values, grades, reasons = kernel(champion[0].card, folder)
    np.testing.assert_array_equal(found["points"], totals)
    np.testing.assert_array_equal(found["pd"], pd_values)
    assert found["grade"].tolist() == grades.tolist()
    assert found[["reason_1", "reason_2"]].to_numpy().tolist() == reasons[:, :2].tolist()
    without = model.predict(frame.drop(columns="crop"))
    missing = model.predict(frame.assign(crop=None))
    assert without["points"].tolist() == missing["points"].tolist()


@pytest.fixture
def server(trained, champion):
    """``mlflow models serve`` of the champion, on a loopback port."""
    folder, _ = trained
    port = free_port()
    # Away from the checkout, so that the model stands on the code it carries.
    champion_uri = f"models:/{REGISTERED}@{CHAMPION}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "models", "serve", "-m", champion_uri,
         "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": store_uri(folder / "mlruns")},
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def ask(url, body=None, seconds=120):
    """Return the answer, waiting up to `seconds` for the server to come up."""
    request = urllib.request.Request(
        url, data=body and json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_mlflow_models_serve_gives_the_points_of_the_service(trained, champion, server):
    folder, _ = trained
    ask(f"{server}/ping")
    frame = pd.read_parquet(folder / "loans.parquet")[["income", "crop"]]
    split = json.loads(frame.to_json(orient="split", index=False))
    answer = json.loads(ask(f"{server}/invocations", {"dataframe_split": split}))["predictions"]
    totals, pd_values, _, reasons = kernel(champion[0].card, folder)
    assert [row["points"] for row in answer] == totals.tolist()
    assert [row["pd"] for row in answer] == pd_values.tolist()
    assert [row["reason_1"] for row in answer] == reasons[:, 0].tolist()


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("spark_installed")
def test_spark_udf_gives_the_points_of_the_service(trained, champion):
    import mlflow

    from data.storage.spark import spark_session

    folder, _ = trained
    mlflow.set_tracking_uri(store_uri(folder / "mlruns"))
    udf = mlflow.pyfunc.spark_udf(
        spark_session(), f"models:/{REGISTERED}@{CHAMPION}", env_manager="local",
        result_type="points long, pd double",
    )  # fmt: skip
    frame = pd.read_parquet(folder / "loans.parquet")[["income", "crop"]]
    rows = spark_session().createDataFrame(frame.reset_index())
    found = rows.select("index", udf("income", "crop").alias("score")).toPandas()
    found = found.sort_values("index")["score"]
    totals, pd_values, _, _ = kernel(champion[0].card, folder)
    assert [row["points"] for row in found] == totals.tolist()
    assert [row["pd"] for row in found] == pd_values.tolist()
