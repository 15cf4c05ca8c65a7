"""An archive that version 1 of the contract wrote opens, is profiled and takes new rows.

``v1_archive`` was written by ``rongzi simulate --members 200 --months 12 --seed 5`` of that version
and is never renewed; ``v1_profile.json`` is its profile as of 2023-10-01 by the same version.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest

from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces
from data.storage.profiles import profile_as_of
from data.storage.schema import arrow_schema
from data.storage.spark_profiles import profile_on_spark
from model.archive.tables import archive_tables
from tests.support.recording.recordings import FOLDER, read_recording
from tests.support.recording.table_content import table_content
from tests.support.sending_branch import SendingBranch, member

AS_OF = date(2023, 10, 1)
WRITTEN = ("adverse_records", "assessments", "cashflow", "loans", "members", "parcels", "plots",
           "repayments", "sales", "villages")  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(shutil.copytree(FOLDER / "v1_archive", tmp_path / "archive"))


@pytest.mark.parametrize("table", archive_tables())
def test_every_table_reads_in_the_form_of_today(archive: Archive, table: str) -> None:
    rows = archive.read(table)
    assert rows.schema == arrow_schema(archive_tables()[table])
    assert bool(rows.num_rows) == (table in WRITTEN)


def test_its_loans_are_all_of_the_product_of_version_1(archive: Archive) -> None:
    assert pc.unique(archive.read("loans")["product"]).to_pylist() == ["rongzi_e"]


def test_its_profile_is_the_one_that_version_1_computed(archive: Archive) -> None:
    recorded = read_recording("v1_profile")["columns"]
    found = table_content(profile_as_of(archive, AS_OF))["columns"]
    kept = [name for name in recorded if name in found]
    assert {name: found[name] for name in kept} == {name: recorded[name] for name in kept}
    assert "consent_in_force" in kept


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_its_profile_is_the_same_on_spark(
    archive: Archive, spark_installed: None, tmp_path: Path
) -> None:
    kept = KeptPieces.begun(tmp_path / "run", {})
    found = profile_on_spark(archive, AS_OF, kept).profiles()
    assert found.equals(profile_as_of(archive, AS_OF))


def test_rows_of_today_are_added_and_its_own_rows_sent_again_are_repetitions(
    archive: Archive, tmp_path: Path
) -> None:
    branch = SendingBranch(tmp_path)
    again = archive.read("plots").slice(0, 20).to_pylist()
    words = [{name: "" if value is None else str(value) for name, value in row.items()}
             for row in again]  # fmt: skip
    paths = [
        branch.file("plots.csv", "plots", words),
        branch.file("new.csv", "members", [member(1)]),
    ]
    report = branch.send(*paths, archive=archive)
    assert report.tables["plots"].duplicate == len(again)
    assert report.tables["members"].accepted == 1
    assert profile_as_of(archive, date(2023, 10, 3)).num_rows == 201
