"""The container image, the compose file and the night's timer, as far as no engine is needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.dockerfile import DEPLOY, DOCKERFILE, instructions
from tests.support.paths import ROOT
from tests.support.prerequisites import lacking
from tests.support.service.deployment_page import code_block

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_the_image_runs_as_a_numbered_account_that_is_not_root_in_exec_form() -> None:
    found = instructions()
    last = [name for name, _ in found][::-1].index("FROM")
    final = dict(found[-last:])
    account, group = map(int, final["USER"].split(":"))
    assert account > 0 < group
    assert json.loads(final["ENTRYPOINT"]) == ["rongzi"]
    assert json.loads(final["CMD"])[0] == "serve"
    assert json.loads(final["HEALTHCHECK"].partition(" CMD ")[2])[0] == "python"
    names = [name for name, _ in found]
    assert names.count("FROM") == 2
    assert "ADD" not in names
    assert not re.search(r"(?i)password|secret|token|\.pem|\.key", DOCKERFILE.replace("no key", ""))


def test_the_image_is_built_from_what_exists_and_from_every_package() -> None:
    copied = [rest for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    sources = {each for rest in copied for each in rest.split()[:-1]}
    assert [name for name in sources if not (ROOT / name).exists()] == []
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = packages["tool"]["setuptools"]["packages"]["find"]["include"]
    rooms = {pattern.removesuffix("*") for pattern in found}
    assert "model" in rooms
    assert rooms <= sources


def test_no_store_of_a_home_enters_the_build() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    stores = re.findall(r"^/(data/\S+?)/?$", (ROOT / ".gitignore").read_text("utf-8"), re.MULTILINE)
    assert ignored[1] == "*"
    assert [store for store in stores if store not in ignored] == []


def test_what_the_image_installs_beside_the_small_install_is_pinned_by_hash(
    tmp_path: Path,
) -> None:
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (script,) = re.findall(r"sed -n .*?requirements-more\.lock", DOCKERFILE)
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, check=True)
    lines = (tmp_path / "requirements-more.lock").read_text(encoding="utf-8")
    entries = re.findall(
        r"^(\S+)==\S+.*?\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lines, re.M
    )
    assert [name for name, _ in entries] == ["psycopg", "psycopg-binary", "setuptools"]
    assert re.sub(r"^\S+==\S+.*?\\\n(?:    --hash=\S+(?: \\)?\n)+", "", lines, flags=re.M) == ""


@pytest.mark.parametrize("name", ["service", "upgrade", "console"])
def test_our_containers_are_read_only_unprivileged_and_without_a_way_out(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == dict(instructions())["USER"]
    assert service["networks"] == ["inner"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    assert "ports" not in service


def test_only_the_proxy_is_reached_and_passwords_are_files() -> None:
    services = COMPOSE["services"]
    assert [name for name, each in services.items() if "ports" in each] == ["proxy"]
    assert services["proxy"]["ports"] == ["443:443"]
    written = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    written = "\n".join(line for line in written.splitlines() if not line.startswith("#"))
    assert "postgresql://" not in written
    assert set(COMPOSE["secrets"]) == set(services["database"]["secrets"])
    images = [each["image"] for each in services.values()]
    assert not [image for image in images if image.endswith(":latest")]
    subnet = COMPOSE["networks"]["inner"]["ipam"]["config"][0]["subnet"]
    assert services["service"]["environment"]["RONGZI_TRUSTED_PROXIES"] == subnet


def test_the_proxy_of_the_containers_is_the_printed_one() -> None:
    printed = code_block("nginx", "upstream rongzi")
    inside = printed.replace("server 127.0.0.1:8000 max_conns", "server service:8000 max_conns")
    assert (DEPLOY / "nginx.conf").read_text(encoding="utf-8") == inside


def test_systemd_finds_no_fault_in_the_night(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        lacking("systemd-analyze")
    for name in ("rongzi-night.service", "rongzi-night.timer"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/rongzi/night.sh", "/bin/true"))
    done = subprocess.run(
        [program, "verify", "--man=no", *map(str, tmp_path.glob("rongzi-night.*"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = [line for line in done.stderr.splitlines() if "rongzi-night" in line]
    assert faults == [], done.stderr


def test_a_night_publishes_verifies_and_stops_at_the_step_that_fails(
    published_home: Path, simulated_archive: Any, tmp_path: Path
) -> None:
    home, archive, inbox = tmp_path / "home", tmp_path / "archive", tmp_path / "inbox"
    shutil.copytree(published_home, home)
    shutil.copytree(simulated_archive.folder, archive)
    inbox.mkdir()
    programs = Path(sys.executable).parent
    variables = {
        "RONGZI_BIN": str(programs), "RONGZI_HOME": str(home), "RONGZI_ARCHIVE": str(archive),
        "RONGZI_INBOX": str(inbox), "RONGZI_DATABASE_URL": "",
    }  # fmt: skip

    def night(day: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(DEPLOY / "night.sh"), day], env={**os.environ, **variables},
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    subprocess.run([programs / "rongzi", "init", "--home", home], check=True, capture_output=True)
    good = night("2023-10-02")
    assert good.returncode == 0, good.stderr
    assert "sound: 0 entries" in good.stdout
    held = night("2030-01-01")
    assert held.returncode == 3
    assert "sound" not in held.stdout
