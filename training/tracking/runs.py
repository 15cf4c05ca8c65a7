"""Training and monitoring runs in MLflow.

The store is one folder: ``mlflow.db`` (SQLite) and ``artifacts``. The service never calls MLflow.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from model.card.reasons import MAX_REASONS
from model.card.scorecard import Card
from model.errors import TrainingError
from training.gates.evidence import EVIDENCE, VALIDATION
from training.reports.record import listed_metrics, listed_parameters
from training.run import TrainedRun

EXPERIMENT = REGISTERED = "rongzi-e"
#: A separate experiment, so that monitoring runs are never mistaken for training runs.
MONITORING = "rongzi-e-monitoring"
CHALLENGER, CHAMPION = "challenger", "champion"
CARD_FOLDER = "card"
_SERVED_WITH = ("mlflow", "numpy", "pandas", "pyyaml", "cryptography", "rfc8785")


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide MLflow's messages and deprecation warnings; errors are still raised."""
    with redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class Tracked:
    """A tracked run: its id, its registered version, its artifacts on disk."""

    run_id: str
    version: str
    artifacts: Path


@_quiet()
def track(run: TrainedRun, artifacts: Path, store: Path) -> Tracked:
    """Record `run` in `store` with the files in `artifacts`; register its card as challenger.

    Parameters
    ----------
    artifacts : Path
        A folder with the run's files, the card's under ``card``.

    Raises
    ------
    TrainingError
        If the store cannot be written.
    """
    try:
        return _tracked(run, artifacts, store)
    except (MlflowException, OSError) as error:
        raise TrainingError(f"{store}: MLflow cannot record the run there: {error}") from error


def _tracked(run: TrainedRun, artifacts: Path, store: Path) -> Tracked:
    _open(store)
    with mlflow.start_run(run_name=run.digest[:16]) as active:
        mlflow.set_tags({"card_digest": run.digest, **run.card.provenance})
        mlflow.log_params(listed_parameters(run))
        mlflow.log_metrics(listed_metrics(run))
        mlflow.log_artifacts(str(artifacts))
        _log_leaderboard(run)
        version = _log_model(run.card, artifacts / CARD_FOLDER)
        MlflowClient().set_registered_model_alias(REGISTERED, CHALLENGER, version)
        return Tracked(active.info.run_id, version, _on_disk(active.info.artifact_uri))


def _log_leaderboard(run: TrainedRun) -> None:
    """Record every candidate and every challenger as a run nested in this one."""
    challengers = run.comparison.price.challengers if run.comparison.price else ()
    for row in (*run.comparison.leaderboard, *challengers):
        with mlflow.start_run(run_name=row.name, nested=True):
            mlflow.set_tags({"family": row.family, "note": row.note})
            mlflow.log_metrics({"auc": row.auc, "log_loss": row.log_loss, "brier": row.brier,
                                "cpu_seconds": row.seconds})  # fmt: skip


@contextmanager
def card_of_run(run_id: str, store: Path) -> Iterator[Path]:
    """Yield a folder with the card that run `run_id` made, and its evidence.

    Raises
    ------
    TrainingError
        If the store has no such run, or the run has no card.
    """
    with tempfile.TemporaryDirectory() as folder:
        card = _download(run_id, store, Path(folder), CARD_FOLDER)
        _fetch_evidence(run_id, card)
        yield card


@_quiet()
def make_champion(run_id: str, store: Path) -> str | None:
    """Make the version of run `run_id` the champion; return it, or None if there is none."""
    _open(store)
    client = MlflowClient()
    versions = client.search_model_versions(f"run_id = '{run_id}'")
    if not versions:
        return None
    version = str(versions[0].version)
    client.set_registered_model_alias(REGISTERED, CHAMPION, version)
    return version


@_quiet()
def run_of_card(digest: str, store: Path) -> str | None:
    """Return the latest run that made the card with `digest`, None if the store has none."""
    if not (store / "mlflow.db").exists():
        return None
    _open(store)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    runs = MlflowClient().search_runs(
        [experiment.experiment_id], f"tags.card_digest = '{digest}'", max_results=1
    )
    return str(runs[0].info.run_id) if runs else None


@contextmanager
def file_of_run(run_id: str, name: str, store: Path) -> Iterator[Path]:
    """Yield a copy of the file `name` of run `run_id`.

    Raises
    ------
    TrainingError
        If the store has no such run, or the run has no such file.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield _download(run_id, store, Path(folder), name)


@_quiet()
def track_monitoring(
    metrics: Mapping[str, float], tags: Mapping[str, str], folder: Path, store: Path
) -> str:
    """Record one monitoring run with the files in `folder`; return its id.

    Raises
    ------
    TrainingError
        If the store cannot be written.
    """
    try:
        _open(store, MONITORING)
        with mlflow.start_run(run_name=f"{tags['as_of']} {tags['card_digest'][:16]}") as active:
            mlflow.set_tags(dict(tags))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(folder))
            return str(active.info.run_id)
    except (MlflowException, OSError) as error:
        raise TrainingError(f"{store}: MLflow cannot record the run there: {error}") from error


def store_uri(store: Path) -> str:
    """Return the address of `store` for ``MLFLOW_TRACKING_URI``."""
    return f"sqlite:///{store.resolve() / 'mlflow.db'}"


def _open(store: Path, experiment: str = EXPERIMENT) -> None:
    store.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(store_uri(store))
    mlflow.set_registry_uri(store_uri(store))
    if mlflow.get_experiment_by_name(experiment) is None:
        where = (store.resolve() / "artifacts").as_uri()
        mlflow.create_experiment(experiment, artifact_location=where)
    mlflow.set_experiment(experiment)


@_quiet()
def _download(run_id: str, store: Path, folder: Path, name: str) -> Path:
    _open(store)
    try:
        path = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path=name, dst_path=str(folder)
        )
    except (MlflowException, OSError) as error:
        raise TrainingError(
            f"{store}: no run {run_id} with a {name}; list runs with: mlflow ui"
            f" --backend-store-uri {store_uri(store)}"
        ) from error
    return Path(path)


@_quiet()
def _fetch_evidence(run_id: str, folder: Path) -> None:
    """Copy the run's evidence beside its card; a run of an earlier release has none."""
    stored = {item.path for item in MlflowClient().list_artifacts(run_id)}
    for name in {EVIDENCE, VALIDATION} & stored:
        mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=name, dst_path=str(folder))


def _log_model(card: Card, folder: Path) -> str:
    info = mlflow.pyfunc.log_model(
        name="scorecard",
        python_model=str(Path(__file__).with_name("pyfunc_model.py")),
        artifacts={"card": str(folder)},
        code_paths=[str(resources.files("model"))],
        signature=_signature(card),
        pip_requirements=[f"{n}=={importlib.metadata.version(n)}" for n in _SERVED_WITH],
        registered_model_name=REGISTERED,
    )
    return str(info.registered_model_version)


def _signature(card: Card) -> ModelSignature:
    inputs = [
        ColSpec(DataType.string if card.bins[n].levels else DataType.double, n, required=False)
        for n in card.inputs
    ]
    outputs = [
        ColSpec(DataType.long, "points"),
        ColSpec(DataType.double, "pd"),
        ColSpec(DataType.string, "grade"),
        *(ColSpec(DataType.string, f"reason_{i + 1}", required=False) for i in range(MAX_REASONS)),
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _on_disk(uri: str) -> Path:
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
