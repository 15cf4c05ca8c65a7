"""What an engine leaves on disk while it works."""

import tempfile

from data.storage.engines import start_engine


def test_what_duckdb_spills_is_for_its_owner_and_gone_with_it(tmp_path, monkeypatch):
    here, spills = tmp_path / "here", tmp_path / "spills"
    here.mkdir()
    spills.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(spills))
    with start_engine():
        (folder,) = spills.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(spills.iterdir()) == []
    assert list(here.iterdir()) == []
