"""Training and monitoring runs in MLflow. The service never calls MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from data.publishing.published_card import JUDGED
from model.card.card_file import CardFile
from model.errors import TrainingError
from training.gates.evidence import EVIDENCE, VALIDATION
from training.gates.judge import GATES
from training.gates.verdict import GateVerdicts
from training.reports.record import FIGURES, REPORT, listed_metrics, listed_parameters
from training.run import TrainedRun
from training.tracking.description import (
    code_version,
    datasets,
    described_data,
    gate_tags,
    words,
)
from training.tracking.registry import CHALLENGER, CHAMPION, REGISTERED, crown, register
from training.tracking.store import EXPERIMENT, MONITORING, Store, experiment_id, opened

__all__ = [
    "CHALLENGER", "CHAMPION", "EXPERIMENT", "MONITORING", "REGISTERED", "Recorded", "Tracked",
    "card_of_run", "file_of_run", "folder_of_run", "make_champion", "refuse_unreachable",
    "run_of_card", "store_uri", "track", "track_monitoring",
]  # fmt: skip

CARD_FOLDER = "card"
_ABSENT = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True)
class Recorded:
    """A recorded run.

    Attributes
    ----------
    code_version : str
        The release, with the commit if it is known.
    link : str or None
        Its page on the tracking server; None if a folder keeps the runs.
    """

    run_id: str
    code_version: str
    link: str | None


@dataclass(frozen=True)
class Tracked(Recorded):
    """A recorded training run: its registered version, and where its report can be read."""

    version: str
    report: str


def refuse_unreachable(place: str | Path) -> None:
    """Ask the server at `place` for an answer; a folder needs none.

    Raises
    ------
    TrainingError
        If it does not answer.
    """
    if Store.at(place).folder is None:
        with opened(place):
            mlflow.search_experiments(max_results=1)


def track(run: TrainedRun, artifacts: Path, place: str | Path) -> Tracked:
    """Record `run` at `place` with the files in `artifacts`; register its card as challenger.

    Parameters
    ----------
    artifacts : Path
        A folder with the run's files, the card's under ``card``.
    place : str or Path
        A folder, or the URI of a tracking server; see `training.tracking.store`.

    Raises
    ------
    TrainingError
        If MLflow cannot write there.
    """
    with opened(place) as store:
        experiment = experiment_id(EXPERIMENT, store)
        name = run.digest[:16]
        with mlflow.start_run(experiment_id=experiment, run_name=name, description=words(run)) as a:
            tags = _tags(run, a.data.tags)
            mlflow.set_tags({**tags, **run.card.provenance})
            mlflow.log_params(listed_parameters(run))
            mlflow.log_metrics(listed_metrics(run))
            for data, context, facts in datasets(run):
                mlflow.log_input(data, context, facts)
            mlflow.log_artifacts(str(artifacts))
            _log_leaderboard(run, experiment)
            version = register(run.card, artifacts / CARD_FOLDER, tags)
            run_id = a.info.run_id
            link, report = _link(store, experiment, run_id), _report(store, experiment, run_id)
            return Tracked(run_id, tags["code_version"], link, version, report)


def _tags(run: TrainedRun, given: dict[str, str]) -> dict[str, str]:
    """Return the tags of the run that its model version has too."""
    trainer = {"trained_by": run.trained_by} if run.trained_by else {}
    version = {"code_version": code_version(given)}
    return {"card_digest": run.digest, **trainer, **version, **gate_tags(run.gates)}


def _link(store: Store, experiment: str, run_id: str) -> str | None:
    if not str(store).startswith(("http://", "https://")):
        return None
    return f"{str(store).rstrip('/')}/#/experiments/{experiment}/runs/{run_id}"


def _report(store: Store, experiment: str, run_id: str) -> str:
    if store.folder is None:
        return f"{_link(store, experiment, run_id) or store}/artifacts"
    return str(store.folder / "artifacts" / run_id / "artifacts" / REPORT)


def _log_leaderboard(run: TrainedRun, experiment: str) -> None:
    """Record every candidate and every challenger as a run nested in this one."""
    challengers = run.comparison.price.challengers if run.comparison.price else ()
    for row in (*run.comparison.leaderboard, *challengers):
        with mlflow.start_run(experiment_id=experiment, run_name=row.name, nested=True):
            mlflow.set_tags({"family": row.family, "note": row.note.en})
            mlflow.log_metrics({"auc": row.auc, "log_loss": row.log_loss, "brier": row.brier,
                                "cpu_seconds": row.seconds})  # fmt: skip


@contextmanager
def card_of_run(run_id: str, place: str | Path) -> Iterator[Path]:
    """Yield a folder with the card that run `run_id` made, and its evidence.

    Raises
    ------
    TrainingError
        If there is no such run, or the run has no card.
    """
    with tempfile.TemporaryDirectory() as folder:
        card = _download(run_id, place, Path(folder), CARD_FOLDER)
        _fetch_evidence(run_id, place, card)
        yield card


@contextmanager
def folder_of_run(run_id: str, place: str | Path) -> Iterator[Path]:
    """Yield a folder with the card of run `run_id`, its evidence, its figures and its gates.

    Raises
    ------
    TrainingError
        If there is no such run, or the run has no card.
    """
    with card_of_run(run_id, place) as folder, opened(place):
        stored = {item.path for item in MlflowClient().list_artifacts(run_id)}
        for name in {FIGURES, GATES} & stored:
            mlflow.artifacts.download_artifacts(
                run_id=run_id, artifact_path=name, dst_path=str(folder)
            )
        yield folder


@contextmanager
def file_of_run(run_id: str, name: str, place: str | Path) -> Iterator[Path]:
    """Yield a copy of the file `name` of run `run_id`.

    Raises
    ------
    TrainingError
        If there is no such run, or the run has no such file.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield _download(run_id, place, Path(folder), name)


def make_champion(
    run_id: str, place: str | Path, card: CardFile, verdicts: GateVerdicts | None = None
) -> str | None:
    """Make the version of run `run_id` the champion; return it, or None if there is none.

    The run and the version are tagged with the approval of `card`, and with `verdicts`.
    """
    approval = {"approved_by": card.approved_by or "", "approved_at": card.approved_at or ""}
    with opened(place):
        return crown(run_id, {**approval, **gate_tags(verdicts)})


def run_of_card(digest: str, place: str | Path) -> str | None:
    """Return the latest run that made the card with `digest`, None if there is none."""
    if not Store.at(place).exists:
        return None
    with opened(place):
        experiment = mlflow.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return None
        runs = MlflowClient().search_runs(
            [experiment.experiment_id], f"tags.card_digest = '{digest}'", max_results=1
        )
        return str(runs[0].info.run_id) if runs else None


def track_monitoring(
    metrics: Mapping[str, float], tags: Mapping[str, str], folder: Path, place: str | Path
) -> Recorded:
    """Record one monitoring run with the files in `folder`.

    Raises
    ------
    TrainingError
        If MLflow cannot write there.
    """
    data = {"source": "archive", "as_of": tags["as_of"], "data_digest": tags["archive_digest"]}
    name = f"{tags['as_of']} {tags['card_digest'][:16]}"
    with opened(place) as store, mlflow.start_run(
        experiment_id=(experiment := experiment_id(MONITORING, store)), run_name=name,
        description=_monitoring_in_words(metrics, tags),
    ) as active:  # fmt: skip
        version = code_version(active.data.tags)
        mlflow.set_tags({**tags, "code_version": version})
        mlflow.log_metrics(dict(metrics))
        mlflow.log_input(described_data(f"archive {tags['as_of']}", data), "monitoring", data)
        mlflow.log_artifacts(str(folder))
        run_id = str(active.info.run_id)
        return Recorded(run_id, version, _link(store, experiment, run_id))


def _monitoring_in_words(metrics: Mapping[str, float], tags: Mapping[str, str]) -> str:
    act, watch, unmeasured = (int(metrics[f"alerts/{n}"]) for n in ("act", "watch", "none"))
    return (
        f"**评分卡 card** `{tags['card_digest'][:16]}`, {tags['since']} → {tags['as_of']}\n\n"
        f"**预警 alerts** 处理 act {act}, 关注 watch {watch}, 未测 not measured {unmeasured}"
    )


def store_uri(place: str | Path) -> str:
    """Return the address of `place` for ``MLFLOW_TRACKING_URI``."""
    return Store.at(place).uri


def _download(run_id: str, place: str | Path, folder: Path, name: str) -> Path:
    store = Store.at(place)
    missing = f"{store}: no run {run_id} with a {name}; list runs with: {store.pages}"
    if not store.exists:
        raise TrainingError(missing)
    with opened(place):
        try:
            run = MlflowClient().get_run(run_id)
        except MlflowException as error:
            if error.error_code != _ABSENT:
                raise
            raise TrainingError(missing) from error
        try:
            path = mlflow.artifacts.download_artifacts(
                f"{run.info.artifact_uri}/{name}", dst_path=str(folder)
            )
        except (MlflowException, OSError) as error:
            raise TrainingError(missing) from error
    return Path(path)


def _fetch_evidence(run_id: str, place: str | Path, folder: Path) -> None:
    """Copy the run's evidence beside its card; a run of an earlier release has none."""
    with opened(place):
        stored = {item.path for item in MlflowClient().list_artifacts(run_id)}
        for name in {EVIDENCE, VALIDATION, JUDGED} & stored:
            mlflow.artifacts.download_artifacts(
                run_id=run_id, artifact_path=name, dst_path=str(folder)
            )
