"""The notebooks of docs/notebooks run from end to end, and hold the outputs of such a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from docs.notebooks.__main__ import FOLDER, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 150_000


def kinds(cell: Any) -> list[tuple[str, ...]]:
    """What a code cell put out: streams by name, values by the types that they are shown as."""
    return [
        ("stream", each.name)
        if each.output_type == "stream"
        else (each.output_type, *sorted(each.data))
        for each in cell.outputs
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_runs_and_holds_outputs_of_the_same_kinds(path: Path, tmp_path: Path) -> None:
    stored, fresh = nbformat.read(path, as_version=4), executed(path, tmp_path)
    for before, after in zip(stored.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            assert kinds(before) == kinds(after), before.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_names_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert not re.search(r"(?<![\w.:/<])/(home|root|tmp|work|Users)/", text)
    assert '"stderr"' not in text


def test_there_is_one_from_an_archive_and_one_from_a_table() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["archive_to_card", "flat_table"]
