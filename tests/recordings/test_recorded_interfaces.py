"""For a program, HTTP and the command line are as they were before the files moved."""

from pathlib import Path

from tests.support.recording.interfaces import command_line, openapi
from tests.support.recording.recordings import as_json, differences, read_recording


def test_routes_schemas_and_problems_are_those_recorded_before_the_move(tmp_path: Path) -> None:
    assert differences(read_recording("openapi"), as_json(openapi(tmp_path))) == []


def test_the_schemas_that_clients_are_generated_from_have_the_names_recorded_before_the_move(
    tmp_path: Path,
) -> None:
    before, now = read_recording("openapi")["components"], openapi(tmp_path)["components"]
    assert list(now["schemas"]) == list(before["schemas"])


def test_commands_options_and_defaults_are_those_recorded_before_the_move() -> None:
    assert differences(read_recording("command_line"), as_json(command_line())) == []
