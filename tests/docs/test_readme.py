"""The shell blocks of the users' pages, and the command that the demo prints, work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.demo.summary import curl_lines
from cli.demo.trial import decide_over_http
from tests.support.paths import ROOT
from tests.support.service.ports import free_port
from tests.support.service.running import wait_until

BIN = Path(sys.executable).parent


@pytest.fixture
def shell(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The environment of a shell beside a service, with the password of each account."""
    home = shutil.copytree(published_home, tmp_path / "home")
    environment = _shell_of(home)
    printed = subprocess.run(
        ["rongzi", "init", "--demo"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    accounts = [line.split() for line in printed.splitlines() if len(line.split()) == 4]
    with _serving(environment):
        yield {**environment, **{name: password for name, _, _, password in accounts}}


def _shell_of(home: Path) -> dict[str, str]:
    """Return the environment of a shell that calls a service on `home` at a free port."""
    return {
        **os.environ,
        "RONGZI_HOME": str(home),
        "API": f"http://127.0.0.1:{free_port()}",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[None]:
    base = environment["API"]
    serving = ["rongzi", "serve", "--port", base.rpartition(":")[2]]
    with subprocess.Popen(serving, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
        try:
            wait_until(lambda: _is_ready(base), "ready", run)
            yield
        finally:
            run.terminate()


def _is_ready(base: str) -> bool:
    try:
        urllib.request.urlopen(f"{base}/ready", timeout=5).close()
    except OSError:
        return False
    return True


def _blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / "use" / page).read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def _run(blocks: list[str], shell: dict[str, str], account: str, **variables: str) -> str:
    """Run the blocks in one shell that signs in as `account`; return their output."""
    environment = {**shell, **variables, "ACCOUNT": account, "PASSWORD": shell[account]}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env=environment, cwd=Path(shell["RONGZI_HOME"]).parent,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pages_of_officer_manager_and_auditor_work_as_printed(shell: dict[str, str]) -> None:
    officer = next(name for name in shell if name.startswith("officer-"))
    teller = officer.replace("officer-", "teller-")
    colleague = {"COLLEAGUE": teller, "COLLEAGUE_PASSWORD": shell[teller]}
    signing_in, *steps = _blocks("officer.md")
    printed = _run([signing_in, *steps, 'echo "id $decision"'], shell, officer, **colleague)
    assert "3,000 元" in printed
    assert "\nAPPROVE\n" in printed
    assert "\n0\n" in printed
    assert printed.endswith(f"\nFalse\nTrue\nid {printed.split()[-1]}\n")
    decided = _run([signing_in, *_blocks("manager.md")], shell, "reviewer")
    assert "\nAPPROVED_AFTER_REVIEW\n" in decided
    proven = _run(
        [signing_in, *_blocks("auditor.md")], shell, "auditor", decision=printed.split()[-1]
    )
    assert "sound: " in proven
    assert "equal, field by field" in proven
    assert "'DECISION', 'DISBURSED'" in proven


def test_the_command_that_the_demo_prints_works(published_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(published_home, tmp_path / "home")
    trial = decide_over_http(home)
    environment = _shell_of(home)
    # The shell finds the listed programs only, so that the command needs no others.
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
