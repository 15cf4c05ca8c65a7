"""What an engine leaves on disk while it works, and one that is not there."""

import sys
import tempfile

import pytest

from data.storage.engines import start_engine
from data.storage.spark import spark_session
from model.errors import GivenError


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


def test_without_spark_the_engine_that_was_named_is_what_cannot_be_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(GivenError, match=r"Spark is not installed.*or use DuckDB"):
        spark_session()
