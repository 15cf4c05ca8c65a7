"""Every command of the main line writes what it wrote before the files moved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.recording.main_line import PARTS
from tests.support.recording.recordings import as_json, differences, read_recording


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command wrote, in one folder: a command reads the files of the previous ones."""
    folder = tmp_path_factory.mktemp("line")
    return {part: as_json(record(folder)) for part, record in PARTS.items()}


@pytest.mark.parametrize("part", PARTS)
def test_the_files_of_a_command_hold_what_was_recorded_before_the_move(
    part: str, line: dict[str, Any]
) -> None:
    assert differences(read_recording("line")[part], line[part]) == []
