"""The README's walkthrough, from token to proof, works as printed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.fixture
def served(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The environment of a shell beside a served home, with the accounts `init --demo` printed."""
    home = tmp_path / "home"
    # Without the ledger of tests that served the shared home: the first run is made once a ledger.
    shutil.copytree(published_home, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "RONGZI_HOME": str(home),
        "API": base,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    printed = subprocess.run(
        ["rongzi", "init", "--demo"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    line = next(line.split() for line in printed.splitlines() if line.startswith("officer-"))
    serving = ["rongzi", "serve", "--port", str(port)]
    with subprocess.Popen(serving, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
        _wait_until_ready(base, run)
        yield {**environment, "OFFICER": line[0], "PASSWORD": line[-1]}
        run.terminate()


def _wait_until_ready(base: str, run: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert run.poll() is None
        try:
            urllib.request.urlopen(f"{base}/ready", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service did not become ready")


def test_the_walkthrough_of_the_readme_works_as_printed(served: dict[str, str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(.*?)```", readme, flags=re.DOTALL)
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=served, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert "3,000 元" in found.stdout
    assert "\n0\n" in found.stdout
    assert "equal, field by field" in found.stdout
