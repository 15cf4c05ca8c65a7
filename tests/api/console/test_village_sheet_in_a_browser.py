"""The sheet of a village in a real browser: on a phone, at a desk, and on paper."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING

from api.console.village_sheet import PEOPLE_A_SHEET
from tests.support.console.browser import LANGUAGES, SIZES
from tests.support.console.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@SIZES
@LANGUAGES
def test_an_officer_prints_the_sheet_of_a_village(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader_of_a_village(browser, size, language)
    page = reader.page
    reader.look()
    people = page.locator(".person").count()
    assert people > PEOPLE_A_SHEET
    page.emulate_media(media="print")
    assert page.locator(".person-room").first.is_visible()
    assert not page.locator("main button:visible").count()
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4")))
    sheets = ceil(people / PEOPLE_A_SHEET)
    # English sentences are longer; officers print in Chinese.
    most = sheets + 1 if language == "zh" else 2 * sheets
    assert sheets <= pages <= most, f"{people} people on {pages} pages"
