"""Where runs are recorded: in a store, which is one folder, or on a tracking server.

The folder holds ``mlflow.db`` (SQLite) and ``artifacts``. MLflow records absolute locations of
artifacts, so `settle` rewrites them once the folder was copied or moved.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from urllib.request import url2pathname

import mlflow
from mlflow.exceptions import MlflowException

from model.errors import TrainingError

EXPERIMENT = "rongzi-e"
#: A separate experiment, so that monitoring runs are never mistaken for training runs.
MONITORING = "rongzi-e-monitoring"
#: An experiment of this kind opens on its training runs in MLflow's pages, not on traces.
_KIND = {"mlflow.experimentKind": "custom_model_development"}
_DATABASE = "mlflow.db"
#: Two letters or more, so that a drive such as ``C:`` is not a scheme.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FOLDER_DATABASE = re.compile(rf"sqlite:///(?:(.*)/)?{re.escape(_DATABASE)}")
_URIS = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
#: Each column of MLflow's tables with the location of an artifact.
_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)

# Unless told otherwise, MLflow repeats a request for four minutes before it reports a server that
# does not answer.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


@dataclass(frozen=True)
class Store:
    """A place where runs are recorded.

    Attributes
    ----------
    uri : str
        The address for ``MLFLOW_TRACKING_URI``.
    folder : Path or None
        None: a server or a database keeps the runs.
    """

    uri: str
    folder: Path | None = None

    @classmethod
    def at(cls, place: str | Path) -> Store:
        """Return the store at `place`: a folder, or a tracking URI.

        The URI of a folder's own database means the folder.
        """
        text = str(place)
        if own := _FOLDER_DATABASE.fullmatch(text):
            return cls.at(Path("." if own[1] is None else own[1] or "/"))
        if text.startswith("file:"):
            return cls.at(Path(url2pathname(re.sub(r"^file:(//(localhost)?(?=/))?", "", text))))
        if isinstance(place, str) and (_SCHEME.match(text) or text == "databricks"):
            return cls(text)
        folder = Path(place)
        return cls(f"sqlite:///{folder.resolve() / _DATABASE}", folder)

    def __str__(self) -> str:
        """Return the place as a reader may see it, without a password."""
        return re.sub(r"//[^/@]*@", "//", self.uri) if self.folder is None else str(self.folder)

    @property
    def exists(self) -> bool:
        """Whether the folder has a database; True for a server, which only a request tells."""
        return self.folder is None or (self.folder / _DATABASE).exists()

    @property
    def pages(self) -> str:
        """How to see the runs."""
        if self.folder is None:
            return str(self)
        return f"mlflow ui --backend-store-uri {self.uri}"


@contextmanager
def opened(place: str | Path) -> Iterator[Store]:
    """Make `place` the store of MLflow within the block, and hide MLflow's own messages.

    Raises
    ------
    TrainingError
        If MLflow cannot read or write there.
    """
    store = Store.at(place)
    with _quiet(), _kept_environment():
        try:
            if store.folder is not None:
                store.folder.mkdir(parents=True, exist_ok=True)
                settle(store.folder)
            mlflow.set_tracking_uri(store.uri)
            mlflow.set_registry_uri(_registry(store))
            yield store
        except (MlflowException, OSError, sqlite3.Error) as error:
            raise TrainingError(f"{store}: MLflow cannot work there: {error}") from error


def experiment_id(name: str, store: Store) -> str:
    """Return the id of the experiment `name` of the opened `store`; create it if it is absent."""
    found = mlflow.get_experiment_by_name(name)
    if found is None:
        where = _artifacts(store.folder) if store.folder else None
        return str(mlflow.create_experiment(name, artifact_location=where, tags=_KIND))
    if not _KIND.items() <= found.tags.items():
        for key, value in _KIND.items():
            mlflow.MlflowClient().set_experiment_tag(found.experiment_id, key, value)
    return str(found.experiment_id)


def settle(folder: Path) -> None:
    """Rewrite the locations of artifacts if `folder` is not where they say; in one transaction.

    A location stays where its artifacts are only there, as in a copy that an earlier release wrote
    to: it recorded new runs in the copy and put their artifacts into the original.
    """
    if not (folder / _DATABASE).exists():
        return
    now = _artifacts(folder)
    with closing(sqlite3.connect(folder / _DATABASE, isolation_level=None)) as database:
        if _LOCATIONS[0] not in _columns(database) or not _elsewhere(database, now):
            return
        database.execute("BEGIN IMMEDIATE")
        for before in _elsewhere(database, now):
            for table, column in _columns(database):
                _rewrite(database, table, column, before, now)
        database.execute("COMMIT")


def _rewrite(database: sqlite3.Connection, table: str, column: str, before: str, now: str) -> None:
    found = database.execute(
        f"SELECT DISTINCT {column} FROM {table} WHERE {column} = ?1"
        f" OR substr({column}, 1, length(?1) + 1) = ?1 || '/'", (before,)
    )  # fmt: skip
    for (location,) in found.fetchall():
        moved = now + location.removeprefix(before)
        if location == before or _path(moved).exists() or not _path(location).exists():
            database.execute(
                f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (moved, location)
            )


def _elsewhere(database: sqlite3.Connection, now: str) -> list[str]:
    """Return the folders other than `now` where the experiments say that artifacts lie."""
    rows = database.execute(
        "SELECT DISTINCT artifact_location FROM experiments WHERE name IN (?, ?)"
        " AND artifact_location LIKE 'file:%/artifacts' AND artifact_location <> ?",
        (EXPERIMENT, MONITORING, now),
    )
    return [location for (location,) in rows.fetchall()]


def _columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return those of `_LOCATIONS` that the database has: MLflow has not created all yet."""
    rows = database.execute(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table'"
    )
    return sorted(set(_LOCATIONS) & set(rows.fetchall()))


def _artifacts(folder: Path) -> str:
    return (folder.resolve() / "artifacts").as_uri()


def _path(location: str) -> Path:
    return Path(url2pathname(location.removeprefix("file://")))


def _registry(store: Store) -> str:
    """Return where models are registered: with the runs, unless a server has a registry apart."""
    apart = os.environ.get("MLFLOW_REGISTRY_URI") if store.folder is None else None
    return apart or store.uri


@contextmanager
def _kept_environment() -> Iterator[None]:
    """Restore MLflow's addresses, which it keeps in the environment, after the block."""
    before = {name: os.environ.get(name) for name in _URIS}
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before["MLFLOW_TRACKING_URI"])
        mlflow.set_registry_uri(before["MLFLOW_REGISTRY_URI"])
        if before["MLFLOW_REGISTRY_URI"] is None:
            os.environ.pop("MLFLOW_REGISTRY_URI", None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide MLflow's messages and deprecation warnings; errors are still raised."""
    hidden = StringIO()
    with redirect_stdout(hidden), redirect_stderr(hidden), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


if __name__ == "__main__":
    # For a program that opens the database itself, such as ``mlflow ui``.
    settle(Path(sys.argv[1]))
