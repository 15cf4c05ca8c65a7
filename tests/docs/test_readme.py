"""The shell blocks of the users' pages, and what the demo says to try, work as printed."""

from __future__ import annotations

import json
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
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.demo.summary import curl_lines
from cli.demo.trial import decide_over_http
from tests.support.cases import ROOT

BIN = Path(sys.executable).parent


@pytest.fixture
def served(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The environment of a shell beside a served home, with the password of each role's account."""
    home = shutil.copytree(published_home, tmp_path / "home")
    environment = _shell_of(home)
    printed = subprocess.run(
        ["rongzi", "init", "--demo"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    accounts = [line.split() for line in printed.splitlines() if len(line.split()) == 4]
    with _serving(environment):
        yield {**environment, **{f"{name}": password for name, _, _, password in accounts}}


def _shell_of(home: Path) -> dict[str, str]:
    """Return the environment of a shell that asks `home`'s service, at a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **os.environ,
        "RONGZI_HOME": str(home),
        "API": f"http://127.0.0.1:{port}",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[None]:
    base = environment["API"]
    serving = ["rongzi", "serve", "--port", base.rpartition(":")[2]]
    with subprocess.Popen(serving, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
        try:
            _wait_until_ready(base, run)
            yield
        finally:
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


def _blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / "use" / page).read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def _run(blocks: list[str], shell: dict[str, str], account: str, **variables: str) -> str:
    """Run the blocks in one shell that signs in as `account`; return what they print."""
    environment = {**shell, **variables, "ACCOUNT": account, "PASSWORD": shell[account]}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pages_of_officer_manager_and_auditor_work_as_printed(served: dict[str, str]) -> None:
    officer = next(name for name in served if name.startswith("officer-"))
    signing_in, *steps = _blocks("officer.md")
    printed = _run([signing_in, *steps, 'echo "id $decision"'], served, officer)
    assert "3,000 元" in printed
    assert "\nAPPROVE\n" in printed
    assert "\n0\n" in printed
    assert printed.endswith(f"\nFalse\nTrue\nid {printed.split()[-1]}\n")
    decided = _run([signing_in, *_blocks("manager.md")], served, "reviewer")
    assert "\nAPPROVED_AFTER_REVIEW\n" in decided
    proven = _run(
        [signing_in, *_blocks("auditor.md")], served, "auditor", decision=printed.split()[-1]
    )
    assert "sound: " in proven
    assert "equal, field by field" in proven
    assert "'DECISION', 'DISBURSED'" in proven


def test_what_the_demo_says_to_try_works_as_printed(published_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(published_home, tmp_path / "home")
    trial = decide_over_http(home)
    environment = _shell_of(home)
    # Nothing but what the prerequisites bring: a command that only some machines have is found out.
    for name in ("bash", "curl", "date", "sed"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    shell = {**environment, "PATH": str(tmp_path)}
    script = "\n".join(curl_lines(trial)).replace("http://127.0.0.1:8000", environment["API"])
    with _serving(environment):
        asked = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=shell, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["decision_id"] == trial.answer["decision_id"]
