"""ARCHITECTURE.md names every room of the product, and no other."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT

_ROW = re.compile(r"^\| `([\w/]+)/` \|", re.MULTILINE)


@pytest.mark.parametrize("package", ["model", "data", "training", "api"])
def test_the_page_has_one_line_for_every_room_of_a_package(package: str) -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = [room for room in _ROW.findall(page) if room.startswith(f"{package}/")]
    rooms = [f"{package}/{file.parent.name}" for file in (ROOT / package).glob("*/__init__.py")]
    assert sorted(named) == sorted(rooms)
