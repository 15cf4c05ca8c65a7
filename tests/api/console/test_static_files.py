"""Files that pages load: their digests, their addresses, their size."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from api.console.assets import read_assets
from api.console.static_files import address_of, static_files
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch
from tests.support.paths import ROOT

STATIC = ROOT / "api/console/static"
OURS = {"console.js", "away.js", "away_bag.js", "away_notes.js", "away_worker.js"}
FOLDERS = [STATIC, ROOT / "tests/support/console/assets"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_a_file_of_others_is_the_one_that_the_manifest_names(folder: Path) -> None:
    for asset in read_assets(folder):
        assert hashlib.sha256((folder / asset.file).read_bytes()).hexdigest() == asset.sha256
        assert (folder / asset.licence_file).stat().st_size > 300
        assert asset.version.count(".") == 2


def test_scripts_are_ours_or_named_in_the_manifest() -> None:
    others = {asset.file for asset in read_assets(STATIC)}
    assert {path.name for path in STATIC.glob("*.js")} == others | OURS


@pytest.mark.parametrize("name", sorted(static_files()))
def test_a_file_is_kept_for_a_year_at_an_address_that_names_its_content(
    branch: Branch, name: str
) -> None:
    visitor, address = Visitor(branch), address_of(name)
    answer = visitor.get(address)
    assert answer.content == (STATIC / name).read_bytes()
    assert answer.headers.get_list("cache-control") == ["public, max-age=31536000, immutable"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    plain = visitor.get(address, **{"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert visitor.get(address.replace(address.split("/")[3], "0" * 12)).status_code == 404


def test_nothing_else_of_the_folder_is_served(branch: Branch) -> None:
    for name in ("assets.json", "htmx.LICENSE.txt", "../routes.py"):
        assert Visitor(branch).get(f"/console/static/{'0' * 12}/{name}").status_code == 404


def test_the_first_page_of_an_officer_is_small(branch: Branch) -> None:
    page = Visitor.of(branch, "officer").get("/console/villages")
    files = sum(len(each.compressed) for each in static_files().values())
    assert len(gzip.compress(page.content)) + files < 60 * 1024
