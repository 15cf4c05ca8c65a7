"""The registered model: a version for each card, and who is challenger and champion."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import mlflow
from mlflow import MlflowClient

from model.card.scorecard import Card
from training.tracking.description import input_example, signature

REGISTERED = "rongzi-e"
CHALLENGER, CHAMPION = "challenger", "champion"
_ROLE, _FORMER = "role", "former "
_SERVED_WITH = ("mlflow", "numpy", "pandas", "pyyaml", "cryptography", "rfc8785")


def register(card: Card, folder: Path, tags: Mapping[str, str]) -> str:
    """Log the card in `folder` as a model of the active run, as challenger; return its version."""
    info = mlflow.pyfunc.log_model(
        name="scorecard",
        python_model=str(Path(__file__).with_name("pyfunc_model.py")),
        artifacts={"card": str(folder)},
        code_paths=[str(resources.files("model"))],
        signature=signature(card),
        input_example=input_example(card),
        pip_requirements=[f"{n}=={importlib.metadata.version(n)}" for n in _SERVED_WITH],
        registered_model_name=REGISTERED,
    )
    version = str(info.registered_model_version)
    client = MlflowClient()
    for key, value in tags.items():
        client.set_model_version_tag(REGISTERED, version, key, value)
    _move_alias(client, CHALLENGER, version)
    return version


def crown(run_id: str, tags: Mapping[str, str]) -> str | None:
    """Make the version of run `run_id` the champion; tag version and run; None if it has none."""
    client = MlflowClient()
    versions = client.search_model_versions(f"run_id = '{run_id}'")
    if not versions:
        return None
    version = str(versions[0].version)
    _tag(client, version, tags)
    _move_alias(client, CHAMPION, version)
    return version


def _move_alias(client: MlflowClient, alias: str, version: str) -> None:
    before = client.get_registered_model(REGISTERED).aliases.get(alias)
    client.set_registered_model_alias(REGISTERED, alias, version)
    _name_roles(client, {version} if before is None else {version, str(before)})


def _name_roles(client: MlflowClient, versions: Iterable[str]) -> None:
    """Tag each version, and its run, as champion or challenger, or as what it was before."""
    aliases = client.get_registered_model(REGISTERED).aliases
    for version in versions:
        held = [alias for alias in (CHAMPION, CHALLENGER) if str(aliases.get(alias)) == version]
        was = client.get_model_version(REGISTERED, version).tags.get(_ROLE, CHALLENGER)
        role = held[0] if held else _FORMER + was.removeprefix(_FORMER)
        _tag(client, version, {_ROLE: role})


def _tag(client: MlflowClient, version: str, tags: Mapping[str, str]) -> None:
    run_id = client.get_model_version(REGISTERED, version).run_id
    for key, value in tags.items():
        client.set_model_version_tag(REGISTERED, version, key, value)
        client.set_tag(run_id, key, value)
