"""Every command answers a program with one JSON document, and a person with lines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from cli.main import rongzi
from data.storage.archive import Archive
from model.card.card_file import CARD, write_card
from model.card.scorecard import Card


def _commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name}{each} ")
        else:
            yield f"{name}{each}", command


COMMANDS = dict(_commands(rongzi))


def run(*words: object, exit_code: int = 0) -> tuple[dict[str, Any], Result]:
    done = CliRunner().invoke(rongzi, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout), done


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"serve"}))
def test_every_command_takes_json_once(name: str) -> None:
    options = [p for p in COMMANDS[name].params if "--json" in p.opts]
    assert len(options) == 1


def test_the_lines_for_people_go_to_standard_error(
    simulated_archive: Archive, tmp_path: Path
) -> None:
    out = tmp_path / "profile.parquet"
    found, done = run(
        "profile", "--archive", simulated_archive.folder, "--as-of", "2023-10-01", "--out", out
    )
    assert found["command"].endswith("profile")
    assert (found["profiles"], found["out"]) == (1_200, str(out))
    assert "会员画像" in done.stderr


def test_without_it_a_command_prints_as_before(published_home: Path) -> None:
    words = ["export-card", "--format", "json", "--home", str(published_home)]
    done = CliRunner().invoke(rongzi, words, catch_exceptions=False)
    assert done.stdout_bytes == next(published_home.glob(f"cards/*/{CARD}")).read_bytes()


def test_a_publication_that_is_held_says_so_with_its_exit_code(
    published_home: Path, simulated_archive: Archive, tmp_path: Path
) -> None:
    home = shutil.copytree(published_home, tmp_path / "home")
    words = (
        "whitelist", "--archive", simulated_archive.folder, "--home", home,
        "--out", tmp_path / "rows.parquet", "--as-of",
    )  # fmt: skip
    held, _ = run(*words, "2030-01-01", exit_code=3)
    assert held["published"] is None
    assert "AS_OF_IN_FUTURE" in {each["code"] for each in held["beyond_limits"]}
    published, done = run(*words, "2023-10-02")
    assert "begun" not in done.stderr
    assert Path(published["published"]).is_dir()
    assert published["tiers"]["members"] == 1_200
    assert published["beyond_limits"] == []


def test_accounts_are_made_and_listed_for_a_program(tmp_path: Path) -> None:
    made, _ = run("init", "--home", tmp_path)
    assert {tuple(each["roles"]) for each in made["accounts"]} == {("admin",)}
    assert all(len(each["password"]) >= 12 for each in made["accounts"])
    listed, _ = run("users", "--home", tmp_path, "list")
    names = sorted(each["name"] for each in made["accounts"])
    assert sorted(each["name"] for each in listed["accounts"]) == names


def test_a_card_is_scored_recalibrated_and_exported_for_a_program(
    member_card: Card, tmp_path: Path
) -> None:
    write_card(tmp_path / "card", member_card)
    text, _ = run("export-card", "--format", "sql", "--card", tmp_path / "card")
    assert text["text"].startswith(("SELECT", "--"))
    assert len(text["card_digest"]) == 64


def test_an_error_is_a_document_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "editions", "list", "--home", str(tmp_path), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no edition is published here" in json.loads(done.stdout)["error"]
    assert done.stderr.startswith("rongzi: ")
