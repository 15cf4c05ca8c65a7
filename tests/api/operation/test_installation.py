"""The route of the examination tells what the command tells, to those who run the machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import rongzi
from tests.support.fixtures.branch import ELSEWHERE, Branch


def _checks(branch: Branch) -> list[dict[str, Any]]:
    answer = branch.send("get", "/v1/examination", branch.headers("operator"))
    assert answer.status_code == 200
    checks: list[dict[str, Any]] = answer.json()["checks"]
    return checks


def test_the_route_finds_what_the_command_finds(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RONGZI_CHECKPOINTS", raising=False)
    words = ("doctor", "--json", "--home", str(branch.home))
    said = json.loads(CliRunner().invoke(rongzi, words).stdout)

    def plain(checks: list[dict[str, Any]]) -> list[tuple[str, str]]:
        return sorted((each["code"], each["level"]) for each in checks if each["code"] != "CLOCK")

    assert plain(_checks(branch)) == plain(said)


def test_a_key_that_others_can_read_is_found_while_the_service_runs(branch: Branch) -> None:
    key = branch.home / "keys" / "vault.key"
    key.chmod(0o644)
    try:
        (found,) = (each for each in _checks(branch) if each["code"] == "MODES")
    finally:
        key.chmod(0o600)
    assert found["level"] == "unsafe"
    assert "chmod 600" in found["text"]["en"]
    assert "chmod 600" in found["text"]["zh"]


def test_who_works_in_some_places_alone_examines_nothing(branch: Branch) -> None:
    headers = branch.headers("operator", places=(ELSEWHERE,))
    assert branch.send("get", "/v1/examination", headers).status_code == 403
