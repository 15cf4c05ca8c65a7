"""The wheel installs from its lock into a new environment, and the service runs from there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

import model
from tests.support.paths import ROOT
from tests.support.prerequisites import lacking
from tests.support.service.running import home_to_write_in, questions, serving

_PACKAGES = ("model", "data", "training", "api", "cli")
_NO_REGISTRY = re.compile(r"Max retries exceeded|Failed to establish a new connection|Retrying \(")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the packages: a build in the checkout would leave files."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in _PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=_stores)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    _pip(sys.executable, "wheel", source, "--no-deps", "--no-build-isolation", "-w", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment with the small install and the wheel."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    _pip(python, "install", "--require-hashes", "-r", ROOT / "requirements-serve.lock")
    _pip(python, "install", "--no-deps", wheel)
    return python.parent


def _stores(folder: str, names: list[str]) -> set[str]:
    """Name what lies in ``data`` beside the packages: archives, keys, editions, ledgers."""
    if Path(folder) != ROOT / "data":
        return {"__pycache__"} & set(names)
    packages = {file.parent.name for file in (ROOT / "data").glob("*/__init__.py")}
    return {name for name in names if (ROOT / "data" / name).is_dir()} - packages


def _pip(python: str | Path, *words: object) -> None:
    command = [python, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode and _NO_REGISTRY.search(done.stdout + done.stderr):
        lacking("a package registry")
    assert done.returncode == 0, done.stdout + done.stderr


def _print_of(*command: object) -> str:
    words = list(map(str, command))
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout


def test_no_public_index_takes_the_wheel(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    assert "Private :: Do Not Upload" in metadata.get_all("Classifier", [])
    assert metadata["Version"] == model.__version__


def test_the_installed_console_prints_help_and_version(programs: Path) -> None:
    assert "serve" in _print_of(programs / "rongzi", "--help")
    assert _print_of(programs / "rongzi", "--version").split()[-1] == model.__version__


def test_the_installed_service_decides(
    programs: Path, published_home: Path, tmp_path: Path
) -> None:
    home = home_to_write_in(published_home, tmp_path)
    log, program = tmp_path / "serve.log", [str(programs / "rongzi")]
    with serving(home, log, program=program, PYTHONPATH="") as running:
        assert running.get("/live")[0] == 200
        status, body = running.post("/v1/decisions", questions(home, 1)[0].replace("%n", ""), "one")
    assert status == 200
    assert json.loads(body)["decision_id"]
    assert running.process.returncode == 0
