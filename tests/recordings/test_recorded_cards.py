"""The same seed and data give the same cards as before the files moved."""

from pathlib import Path

import pytest

from data.storage.archive import Archive
from tests.support.recording.recordings import as_json, differences, read_recording
from tests.support.recording.trained_cards import (
    ARCHIVE_FAMILIES,
    FAMILIES,
    VARIANTS,
    card_content,
    simulate_archive,
    train_on_archive,
    train_on_table,
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return simulate_archive(tmp_path_factory.mktemp("archive"))


@pytest.mark.parametrize("name", [*FAMILIES, *VARIANTS])
def test_a_card_trained_with_the_same_seed_has_the_digest_recorded_before_the_move(
    name: str, tmp_path: Path
) -> None:
    found = card_content(train_on_table(tmp_path, name))
    assert differences(read_recording("cards")[name], as_json(found)) == []


@pytest.mark.parametrize("family", ARCHIVE_FAMILIES)
def test_a_card_of_the_same_archive_has_the_digest_recorded_before_the_move(
    family: str, archive: Archive
) -> None:
    found = card_content(train_on_archive(archive, family))
    assert differences(read_recording("cards")[f"archive_{family}"], as_json(found)) == []
