"""The Dockerfile's own steps, in an empty Debian: what an engine would do, where there is none.

Each stage is a copy of the base, each ``RUN`` a shell in it, each ``COPY`` minds the ignore file.
The base is made by debootstrap of the release and the Python that the Dockerfile names.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.support.dockerfile import DEPLOY, DOCKERFILE, instructions
from tests.support.paths import ROOT
from tests.support.prerequisites import lacking
from tests.support.service.ports import free_port

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WHEELS = "/wheels"


@dataclass
class Stage:
    """A stage of the build: its root, and what the instructions so far set."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    folder: str = "/"
    user: str = "0:0"
    said: dict[str, str] = field(default_factory=dict)

    def run(self, script: str) -> None:
        """Run a ``RUN`` line; packages come from wheels that were fetched before."""
        outside = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": _WHEELS}
        done = subprocess.run(
            ["chroot", self.root, "/bin/sh", "-ec", f"cd {self.folder} && {script}"],
            env={**self.environment, **outside}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"

    def place(self, path: str) -> Path:
        """Return where `path` of the image lies on this machine."""
        return self.root / str(Path(self.folder) / path).lstrip("/")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian with Python and nothing else, as the base image is."""
    if shutil.which("debootstrap") is None or os.getuid() != 0:
        lacking("debootstrap, as root")
    release = re.search(r"^ARG BASE=python:3\.11-slim-(\w+)$", DOCKERFILE, re.MULTILINE)
    assert release is not None
    root = tmp_path_factory.mktemp("base") / "root"
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
         f"Release: {release[1]}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    mirror = found.stdout.split()
    if not mirror:
        lacking(f"a source of packages of Debian {release[1]}")
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=python3,python3-venv", release[1], root,
         mirror[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    # The base image has its Python under this name.
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    _fetch_wheels(root)
    return root


def _fetch_wheels(root: Path) -> None:
    """Fetch what the locks name into the base, by the registry that this machine uses."""
    selection = next(text for name, text in instructions() if name == "RUN" and "sed -n" in text)
    shutil.copy(ROOT / "requirements.lock", root / "requirements.lock")
    subprocess.run(["sh", "-ec", selection.split("&&")[0]], cwd=root, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--dest",
         root / _WHEELS.lstrip("/"), "-r", ROOT / "requirements-serve.lock", "-r",
         root / "requirements-more.lock"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("requirements.lock", "requirements-more.lock"):
        (root / name).unlink()


@pytest.fixture(scope="module")
def image(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The last stage, after all its instructions."""
    stages: dict[str, Stage] = {}
    stage = Stage(base)
    for name, rest in instructions():
        if name == "FROM":
            root = tmp_path_factory.mktemp("stage") / "root"
            subprocess.run(["cp", "--archive", "--reflink=auto", base, root], check=True)
            stage = stages[rest.split(" AS ")[-1]] = Stage(root)
        elif name == "COPY":
            _copy(rest.split(), stages, stage)
        elif name == "RUN":
            stage.run(rest)
        elif name == "ENV":
            pairs = re.findall(r"(\w+)=(\S+)", rest.replace("$PATH", stage.environment["PATH"]))
            stage.environment.update(pairs)
        elif name == "WORKDIR":
            stage.folder = rest
            stage.place("").mkdir(parents=True, exist_ok=True)
        elif name == "USER":
            stage.user = rest
        else:
            stage.said[name] = rest
    shutil.rmtree(stage.root / _WHEELS.lstrip("/"))
    return stage


def _copy(words: list[str], stages: dict[str, Stage], stage: Stage) -> None:
    *sources, target = words
    origin = ROOT
    if sources[0].startswith("--from="):
        origin = stages[sources.pop(0).removeprefix("--from=")].root
    for source in sources:
        path = origin / source.lstrip("/")
        into = stage.place(target)
        if target.endswith("/"):
            into = into / path.name
        if path.is_dir():
            ignored = None if origin is not ROOT else _ignored
            shutil.copytree(path, into, symlinks=True, ignore=ignored)
        else:
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, into)


def _ignored(folder: str, names: list[str]) -> set[str]:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line[0] not in "#!*" or line.startswith("**/")]
    paths = {name: str((Path(folder) / name).relative_to(ROOT)) for name in names}
    return {
        name
        for name, path in paths.items()
        for pattern in patterns
        if fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(name, pattern.removeprefix("**/"))
    }


@pytest.fixture(scope="module")
def running(
    image: Stage, published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """The image's command in its root, which is read-only, by its account without capabilities."""
    for program in ("unshare", "setpriv", "mount"):
        if shutil.which(program) is None:
            lacking(program)
    folder, port = tmp_path_factory.mktemp("volumes"), free_port()
    shutil.copytree(published_home, folder / "home")
    (folder / "checkpoints").mkdir()
    account, group = map(int, image.user.split(":"))
    for path in (folder / "checkpoints", folder / "home", *(folder / "home").rglob("*")):
        os.chown(path, account, group)
    words = [*json.loads(image.said["ENTRYPOINT"]), *json.loads(image.said["CMD"])]
    told = {"0.0.0.0": "127.0.0.1", "8000": str(port)}
    command = " ".join(told.get(word, word) for word in words)
    script = f"""
        mount --bind {image.root} {image.root} && cd {image.root}
        mount --rbind /dev dev && mount -t proc proc proc && mount -t tmpfs tmpfs tmp
        mount --bind {folder / "home"} var/lib/rongzi
        mount --bind {folder / "checkpoints"} srv/checkpoints
        mount -o remount,bind,ro {image.root}
        exec setpriv --no-new-privs chroot --userspec={image.user} --groups= {image.root} sh -ec \
            '! touch /written /opt/rongzi/written 2>/dev/null; cd {image.folder}; exec {command}'
    """
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--mount", "bash", "-euc", script], start_new_session=True,
            env=image.environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process, port, folder
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=60)


def test_what_the_image_holds(image: Stage) -> None:
    programs = image.root / "opt/rongzi/bin"
    assert (programs / "rongzi").exists()
    assert not list(programs.glob("pip*")), "nothing installs packages in the image"
    (packages,) = (image.root / "opt/rongzi/lib").glob("python3.*/site-packages")
    names = {path.name for path in packages.iterdir()}
    assert {"model", "api", "psycopg", "granian"} <= names
    assert not {"sklearn", "pandas", "mlflow", "duckdb", "setuptools"} & names
    kept = [path for path in (packages / "data").rglob("*") if path.suffix in (".pem", ".parquet")]
    assert kept == []
    assert not (image.root / "src").exists(), "the last stage has the environment alone"


def test_the_image_serves_from_a_root_that_is_read_only(
    image: Stage, running: tuple[subprocess.Popen[bytes], int, Path]
) -> None:
    process, port, folder = running
    assert _is_ready(port), (folder / "log").read_text(encoding="utf-8")
    status = Path(f"/proc/{_worker(process.pid)}/status").read_text(encoding="utf-8")
    assert re.search(r"^Uid:\s+10001\s+10001", status, re.MULTILINE)
    assert re.search(r"^Cap(Eff|Prm):\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert not (image.root / "written").exists()
    assert (folder / "home" / "ledger" / "ledger.db").exists()
    check = json.loads(image.said["HEALTHCHECK"].partition(" CMD ")[2])
    words = [word.replace(":8000/", f":{port}/") for word in check]
    subprocess.run(["chroot", image.root, *words], env=image.environment, check=True)
    os.killpg(process.pid, getattr(signal, image.said["STOPSIGNAL"]))
    assert process.wait(timeout=60) == 0
    assert (folder / "checkpoints" / "rongzi.jsonl").exists()


def _is_ready(port: int) -> bool:
    opener = build_opener(ProxyHandler({}))
    for _ in range(240):
        try:
            with opener.open(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            time.sleep(0.5)
    return False


def _worker(parent: int) -> int:
    """Return the process that serves: the last of the chain of children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return _worker(int(children[-1])) if children else parent
