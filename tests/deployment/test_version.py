"""Every place that states the version states the same."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from click.testing import CliRunner

import model
from api.core.settings import Settings
from api.server.app import create_app
from cli.main import rongzi
from tests.support.paths import ROOT


def test_package_api_console_and_changelog_state_one_version(tmp_path: Path) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    stated = {
        "package metadata": version("rongzi-e-scoring"),
        "OpenAPI": create_app(Settings(tmp_path)).openapi()["info"]["version"],
        "rongzi --version": CliRunner().invoke(rongzi, ["--version"]).output.split()[-1],
        "CHANGELOG.md": re.findall(r"^## \[?([\d.]+)", changelog, re.MULTILINE)[0],
    }
    assert stated == dict.fromkeys(stated, model.__version__)
