"""A store is one folder that may be copied and moved; any other place is a tracking server."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import mlflow
import pytest
from click.testing import CliRunner

from cli.monitor import command as monitor_command
from cli.promote import command as promote_command
from cli.train import command as train_command
from model.errors import TrainingError
from tests.support.training_table import write_loans
from training.promote import promote
from training.tracking.runs import card_of_run, file_of_run
from training.tracking.store import EXPERIMENT, Store, experiment_id, opened, settle

NOW = datetime(2023, 10, 2, tzinfo=UTC)


def train(folder: Path, store: Path, seed: int) -> str:
    """Train on the table in `folder`, track into `store`, and return the run's id."""
    result = CliRunner().invoke(train_command, [
        "--table", str(folder / "loans.parquet"), "--target", "bad", "--family", "woe",
        "--mlruns", str(store), "--seed", str(seed), "--trained-by", "Li Xun",
    ], catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0, result.output
    return next(line.split()[2] for line in result.output.splitlines() if "run:" in line)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a table and a store ``A`` that is only ever copied, and the run in it."""
    folder = tmp_path_factory.mktemp("made")
    write_loans(folder / "loans.parquet")
    return folder, train(folder, folder / "A", 54)


@pytest.fixture
def copied(made: tuple[Path, str], tmp_path: Path) -> tuple[Path, Path, str]:
    """The folder of the table and the original store, a copy of the store, and the run."""
    folder, run_id = made
    settle(folder / "A")
    copy = tmp_path / "副本 B"
    shutil.copytree(folder / "A", copy)
    return folder, copy, run_id


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def roles(store: Path, *run_ids: str) -> list[str]:
    """Return the role of each run, which its model version must have too."""
    client = mlflow.MlflowClient(Store.at(store).uri, Store.at(store).uri)
    found = [client.get_run(run_id).data.tags["role"] for run_id in run_ids]
    versions = [client.search_model_versions(f"run_id = '{run_id}'")[0] for run_id in run_ids]
    assert [client.get_model_version(v.name, v.version).tags["role"] for v in versions] == found
    return found


def mentions(store: Path, text: str) -> list[str]:
    """Return the lines of the store's database with `text`."""
    with sqlite3.connect(store / "mlflow.db") as database:
        return [line for line in database.iterdump() if text in line]


def test_a_copy_keeps_its_new_runs_to_itself(copied: tuple[Path, Path, str]) -> None:
    folder, copy, first = copied
    before = files(folder / "A")
    second = train(folder, copy, 5)
    assert (copy / "artifacts" / second / "artifacts" / "report.html").exists()
    assert (copy / "artifacts" / first / "artifacts" / "report.html").exists()
    assert files(folder / "A") == before


def test_a_run_of_a_store_that_moved_is_promoted_and_its_model_scores(
    copied: tuple[Path, Path, str], tmp_path: Path
) -> None:
    folder, copy, run_id = copied
    original = folder / "A"
    original.rename(folder / "gone")
    try:
        promoted = promote(run_id, "王审批", NOW, tmp_path / "home", copy)
        assert (promoted.run_id, promoted.version) == (run_id, "1")
        with opened(copy):
            model = mlflow.pyfunc.load_model("models:/rongzi-e@champion")
        assert len(model.predict(model.input_example)) == 1
    finally:
        (folder / "gone").rename(original)


def test_a_version_says_what_it_is_and_what_it_was(
    copied: tuple[Path, Path, str], tmp_path: Path
) -> None:
    folder, copy, first = copied
    second = train(folder, copy, 5)
    assert roles(copy, first, second) == ["former challenger", "challenger"]
    promote(first, "王审批", NOW, tmp_path / "home", copy)
    assert roles(copy, first, second) == ["champion", "challenger"]
    promote(second, "王审批", NOW, tmp_path / "another home", copy)
    assert roles(copy, first, second) == ["former champion", "champion"]


def test_no_location_in_a_moved_store_names_the_old_place(copied: tuple[Path, Path, str]) -> None:
    folder, copy, _ = copied
    old = f"{(folder / 'A').as_uri()}/artifacts"
    assert mentions(copy, old)
    settle(copy)
    assert not mentions(copy, old)


def test_a_moved_store_is_settled_for_a_program_that_opens_its_database_itself(
    copied: tuple[Path, Path, str],
) -> None:
    folder, copy, _ = copied
    subprocess.run([sys.executable, "-m", "training.tracking.store", str(copy)], check=True)
    assert not mentions(copy, f"{(folder / 'A').as_uri()}/artifacts")


def test_a_store_that_stays_is_not_written_when_it_is_opened(made: tuple[Path, str]) -> None:
    folder, _ = made
    settle(folder / "A")
    before = (folder / "A" / "mlflow.db").read_bytes()
    settle(folder / "A")
    assert (folder / "A" / "mlflow.db").read_bytes() == before


def test_a_run_that_an_earlier_release_put_into_the_original_is_found_there(
    copied: tuple[Path, Path, str],
) -> None:
    folder, copy, run_id = copied
    shutil.rmtree(copy / "artifacts" / run_id)
    with card_of_run(run_id, copy) as card:
        assert (card / "card.json").exists()
    assert mentions(copy, f"{(folder / 'A').as_uri()}/artifacts/{run_id}")


def test_a_store_that_a_server_keeps_artifacts_for_is_left_as_it_is(
    copied: tuple[Path, Path, str],
) -> None:
    _, copy, _ = copied
    with sqlite3.connect(copy / "mlflow.db") as database:
        database.execute("UPDATE experiments SET artifact_location = 'mlflow-artifacts:/1'")
    before = (copy / "mlflow.db").read_bytes()
    settle(copy)
    assert (copy / "mlflow.db").read_bytes() == before


def test_an_experiment_of_an_earlier_release_gets_its_kind(
    copied: tuple[Path, Path, str],
) -> None:
    _, copy, _ = copied
    with sqlite3.connect(copy / "mlflow.db") as database:
        database.execute("DELETE FROM experiment_tags")
    with opened(copy) as store:
        experiment_id(EXPERIMENT, store)
        tags = mlflow.get_experiment_by_name(EXPERIMENT).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"


def test_the_folder_of_a_run_without_a_file_is_not_searched_elsewhere(
    copied: tuple[Path, Path, str],
) -> None:
    _, copy, run_id = copied
    missing = "no run [0-9a-f]{32} with a nothing.json"
    with pytest.raises(TrainingError, match=missing), file_of_run(run_id, "nothing.json", copy):
        pass


@pytest.mark.parametrize(
    ("place", "uri", "folder"),
    [
        ("runs", "sqlite:///{here}/runs/mlflow.db", "runs"),
        ("sqlite:///runs/mlflow.db", "sqlite:///{here}/runs/mlflow.db", "runs"),
        ("sqlite:///mlflow.db", "sqlite:///{here}/mlflow.db", "."),
        ("sqlite:///my-mlflow.db", "sqlite:///my-mlflow.db", None),
        ("file:///runs", "sqlite:////runs/mlflow.db", "/runs"),
        ("file:runs", "sqlite:///{here}/runs/mlflow.db", "runs"),
        ("http://tracking:5000", "http://tracking:5000", None),
        ("postgresql://owner@db/runs", "postgresql://owner@db/runs", None),
        ("sqlite:////srv/other.db", "sqlite:////srv/other.db", None),
        ("databricks", "databricks", None),
    ],
)
def test_a_place_is_a_folder_or_a_tracking_uri(
    place: str, uri: str, folder: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.at(place)
    assert store.uri == uri.format(here=tmp_path)
    assert store.folder == (None if folder is None else Path(folder))


def test_a_message_about_a_server_does_not_show_its_password() -> None:
    assert str(Store.at("https://li:secret@tracking/x")) == "https://tracking/x"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "htp://127.0.0.1:9", "http:/nowhere"])
def test_an_address_where_no_server_answers_is_named_and_leaves_no_folder(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingError, match=f"^{address}: MLflow cannot work there"):
        promote("0" * 32, "王审批", NOW, tmp_path / "home", address)
    assert not list(tmp_path.iterdir())


def test_a_server_may_have_a_registry_apart_and_a_folder_has_its_own(
    made: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry")
    with opened("http://tracking"):
        assert mlflow.get_registry_uri() == "http://registry"
    with opened(made[0] / "A") as store:
        assert mlflow.get_registry_uri() == store.uri
    assert os.environ["MLFLOW_REGISTRY_URI"] == "http://registry"


def test_a_server_that_does_not_answer_is_named_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    options = ["--table", str(tmp_path / "absent.csv"), "--target", "bad"]
    with pytest.raises(TrainingError, match=r"^http://127\.0\.0\.1:9: MLflow cannot work there"):
        CliRunner().invoke(
            train_command, [*options, "--mlruns", "http://127.0.0.1:9"], catch_exceptions=False
        )


@pytest.mark.parametrize("command", [train_command, promote_command, monitor_command])
@pytest.mark.parametrize(
    ("option", "own", "mlflows", "expected"),
    [
        ("a", "b", "http://c", "a"),
        (None, "b", "http://c", "b"),
        (None, None, "http://c", "http://c"),
        (None, None, None, "mlruns"),
    ],
)
def test_the_option_precedes_our_variable_and_ours_that_of_mlflow(
    command: click.Command,
    option: str | None,
    own: str | None,
    mlflows: str | None,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("RONGZI_MLRUNS", own), ("MLFLOW_TRACKING_URI", mlflows)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    parameter = next(each for each in command.params if each.name == "mlruns")
    given = {} if option is None else {"mlruns": option}
    context = command.make_context("x", [], resilient_parsing=True)
    assert parameter.consume_value(context, given)[0] == expected
