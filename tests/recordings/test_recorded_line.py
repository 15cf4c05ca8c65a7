"""Every command of the main line leaves behind what it did before the files moved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.recording.kept import as_json, differences, recorded
from tests.support.recording.typed_line import PARTS


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command left, in one folder: a command reads what those before it wrote."""
    folder = tmp_path_factory.mktemp("line")
    return {part.__name__: as_json(part(folder)) for part in PARTS}


@pytest.mark.parametrize("part", [part.__name__ for part in PARTS])
def test_the_files_of_a_command_hold_what_was_recorded_before_the_move(
    part: str, line: dict[str, Any]
) -> None:
    assert differences(recorded("line")[part], line[part]) == []
