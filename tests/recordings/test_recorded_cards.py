"""The same seed and data give the cards that they gave before the files moved."""

from pathlib import Path

import pytest

from data.storage.archive import Archive
from tests.support.recording.kept import as_json, differences, recorded
from tests.support.recording.trained_cards import (
    ARCHIVE_FAMILIES,
    FAMILIES,
    VARIANTS,
    card_recorded,
    simulated,
    trained_on_archive,
    trained_on_table,
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return simulated(tmp_path_factory.mktemp("archive"))


@pytest.mark.parametrize("name", [*FAMILIES, *VARIANTS])
def test_a_card_trained_with_the_same_seed_has_the_digest_recorded_before_the_move(
    name: str, tmp_path: Path
) -> None:
    found = card_recorded(trained_on_table(tmp_path, name))
    assert differences(recorded("cards")[name], as_json(found)) == []


@pytest.mark.parametrize("family", ARCHIVE_FAMILIES)
def test_a_card_of_the_same_archive_has_the_digest_recorded_before_the_move(
    family: str, archive: Archive
) -> None:
    found = card_recorded(trained_on_archive(archive, family))
    assert differences(recorded("cards")[f"archive_{family}"], as_json(found)) == []
