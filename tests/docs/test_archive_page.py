"""docs/archive.md says what the contract and the import say."""

from data.importing.document import archive_markdown
from data.importing.reasons import REASONS
from model.archive.tables import archive_tables
from tests.support.cases import ROOT

PAGE = ROOT / "docs" / "archive.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == archive_markdown(), (
        "stale: run python -m data.importing.document > docs/archive.md"
    )


def test_the_page_names_every_column_with_its_synonyms_and_every_reason():
    page = archive_markdown()
    for table in archive_tables().values():
        for column in table.columns.values():
            assert all(word in page for word in (column.zh, column.en, *column.also))
    assert all(f"`{code}`" in page for code in REASONS)
    assert "{" not in page
