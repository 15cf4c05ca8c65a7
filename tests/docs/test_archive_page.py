"""docs/reference/archive.md states the archive contract and the reasons of the import."""

from data.importing.reasons import REASONS
from docs.pages.archive import archive_page
from model.archive.tables import archive_tables


def test_the_page_names_every_column_with_its_synonyms_and_every_reason():
    page = archive_page()
    for table in archive_tables().values():
        for column in table.columns.values():
            assert all(word in page for word in (column.zh, column.en, *column.also))
    assert all(f"`{code}`" in page for code in REASONS)
    assert "{" not in page
