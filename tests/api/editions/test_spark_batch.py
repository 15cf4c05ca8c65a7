"""The batch on Spark gives the rows, and the edition, of the batch in one process."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from api.editions.contents import merge_consents
from api.editions.manifest import current_folder
from api.editions.spark_batch import profile_and_score
from api.scoring.kernel import Basis, score_profile
from cli.profile_ import command as profile
from cli.whitelist import command as whitelist
from data.publishing.published_card import published_card
from data.storage import spark_profiles
from data.storage.archive import Archive
from data.storage.profiles import write_profile
from data.storage.spark_profiles import Cluster
from model.decision.consent import ConsentChange
from model.policy.policy import policy_on
from model.profile.profile import CONSENT_DAYS

pytestmark = [
    pytest.mark.spark,
    pytest.mark.usefixtures("spark_installed"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_profiles, "PIECE", 600)


def test_profiles_and_scores_are_those_of_one_process_consents_at_the_counter_too(
    simulated_archive: Archive, batch_profile: pa.Table, card_home: Path, as_of: date,
    tmp_path: Path,
) -> None:  # fmt: skip
    basis = Basis(as_of, policy_on(as_of), published_card(card_home))
    members = batch_profile["member_id"].to_pylist()[:300]
    purposes = basis.policy.consent_terms.purposes
    consents = {
        member: dict.fromkeys(purposes, ConsentChange(number % 2 == 0, date(2023, 9, 20)))
        for number, member in enumerate(members)
    }
    merged = merge_consents(batch_profile, basis, consents).profile
    assert not merged.equals(batch_profile.drop([*CONSENT_DAYS]))
    expected = score_profile(merged, basis)
    found, scored = profile_and_score(
        simulated_archive, basis, consents, Cluster(None, tmp_path), None
    )
    assert found.equals(batch_profile)
    assert scored.rows.equals(expected.rows)
    np.testing.assert_array_equal(scored.household_borrower, expected.household_borrower)
    assert list(tmp_path.iterdir()) == []


def _run(command: click.Command, *words: object) -> Result:
    return CliRunner().invoke(command, [*map(str, words)], catch_exceptions=False)


def test_the_commands_write_the_bytes_and_the_edition_of_one_process(
    simulated_archive: Archive, member_profile: pa.Table, published_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    out = tmp_path / "out"
    given = ("--archive", simulated_archive.folder, "--as-of", "2023-10-01")
    spark = ("--engine", "spark", "--master", "local[2]")
    assert _run(profile, *given, *spark, "--out", out / "profile.parquet").exit_code == 0
    write_profile(member_profile, tmp_path / "profile.parquet")
    assert (out / "profile.parquet").read_bytes() == (tmp_path / "profile.parquet").read_bytes()
    rows = ("--out", out / "rows.parquet", "--home", home)
    assert _run(whitelist, *given, *spark, *rows).exit_code == 0
    assert (out / "rows.parquet").read_bytes() == (published_home / "rows.parquet").read_bytes()
    assert current_folder(home).name == current_folder(published_home).name
    assert sorted(path.name for path in out.iterdir()) == ["profile.parquet", "rows.parquet"]


def test_a_master_without_spark_is_refused(simulated_archive: Archive, tmp_path: Path) -> None:
    given = ("--archive", simulated_archive.folder, "--as-of", "2023-10-01", "--master", "yarn")
    result = _run(profile, *given, "--out", tmp_path / "profile.parquet")
    assert result.exit_code == 2
    assert "--master goes with --engine spark" in result.output
