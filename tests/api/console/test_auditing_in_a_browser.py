"""An auditor in a real browser: finds decisions, sees who looked, verifies the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.console.browser import DESK, PHONE
from tests.support.console.office import Office, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@SIZES
@LANGUAGES
def test_an_auditor_finds_a_decision_by_its_number_and_a_person_by_village(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    member = office.member("FIRST")
    decision = ask(office.reader(browser, "asker", size), member, 5_000)
    reader = office.reader(browser, "auditor", size, language)
    page = reader.page
    assert page.url.endswith("/console/decisions")
    reader.look()
    button = 'form[action="/console/decisions"][method=post] button'
    reader.tab_to(page.locator("main details summary"))
    page.keyboard.press("Enter")
    reader.press(page.locator(button))
    assert page.evaluate("document.activeElement.id") == "notice"
    reader.look()
    page.fill("#decision_id", decision.rpartition("/")[2])
    reader.press(page.locator(button))
    assert page.url.endswith(decision)
    reader.press(page.locator("main .back a"))
    reader.look()
    reader.press(page.locator('main a[href^="/console/accesses"]'))
    reader.look()
    assert "asker" in page.inner_text("main")
    village = page.locator("#member_id").input_value()
    assert village == member
    reader.go(f"/console/decisions?member_id={member}")
    assert page.locator("main .row-main").count() == 1
    reader.look()


@SIZES
@LANGUAGES
def test_the_ledger_is_verified_and_the_page_tells_without_being_loaded_again(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader(browser, "auditor", size, language)
    page = reader.page
    reader.go("/console/ledger")
    reader.look()
    reader.press(page.locator("#verification button"))
    page.locator(".verification-sound").wait_for()
    reader.look()
    assert page.locator("#verification table").count() == 1
    assert page.locator("#verification table caption").is_visible()
    page.emulate_media(media="print")
    assert not page.locator("main button:visible").count()
