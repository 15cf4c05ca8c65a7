"""The console script: its version, and the right command for a wrong one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from cli.main import rongzi
from model import __version__


@pytest.mark.parametrize(
    ("words", "likely"),
    [
        (["whitlist"], "whitelist"),
        (["verify_ledger"], "verify-ledger"),
        (["editons"], "editions"),
        (["users", "ad"], "add"),
        (["policy", "adpot"], "adopt"),
        (["editions", "roll-back"], "rollback"),
        (["webhooks", "lst"], "list"),
    ],
)
def test_a_wrong_command_suggests_the_right_one(words: list[str], likely: str) -> None:
    done = CliRunner().invoke(rongzi, words)
    assert done.exit_code == 2
    assert f"did you mean: {likely}" in done.stderr


def test_a_command_like_no_other_suggests_nothing() -> None:
    done = CliRunner().invoke(rongzi, ["zzzzzz"])
    assert done.exit_code == 2
    assert "no such command: 'zzzzzz'." in done.stderr
    assert "did you mean" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["keys", "list"], ["users", "list"], ["orders", "list"], ["webhooks", "list"],
        ["editions", "list"], ["policy", "show"], ["person", "retained"],
    ],
)  # fmt: skip
def test_home_stands_before_or_after_the_subcommand(words: list[str], tmp_path: Path) -> None:
    group, command = words
    given = ["--home", str(tmp_path / "own")]
    lines = (
        [group, *given, command],
        [group, command, *given],
        [group, f"--home={given[1]}", command],
    )
    told = []
    for line in lines:
        done = CliRunner().invoke(rongzi, line)
        assert done.exit_code != 2, done.output
        told.append((done.exit_code, done.output, str(done.exception)))
    assert told[0] == told[1] == told[2]


def test_the_version_is_the_one_of_the_package() -> None:
    assert CliRunner().invoke(rongzi, ["--version"]).stdout.strip().endswith(__version__)


def test_no_file_beside_the_entry_point_hides_one_of_the_standard_library() -> None:
    # spark-submit puts the folder of its script before everything else on the path.
    names = {path.stem for path in Path(main.__file__).parent.iterdir()}
    assert "whitelist" in names
    assert names.isdisjoint(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["whitelist", "--as-of", "2023-13-02"], "2023-13-02"),
        (["users", "lst"], "no such command"),
        (["promote"], "RUN_ID"),
        (["editions", "list", "--nothing"], "--nothing"),
    ],
)
def test_a_wrong_command_line_is_a_document_too(
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["rongzi", *words, "--json"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert said in json.loads(printed.out)["error"]
    assert "Usage:" in printed.err


@pytest.mark.parametrize("words", [["--help"], ["whitelist", "--help"], ["--version"]])
def test_a_page_of_help_ends_well(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rongzi", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 0
