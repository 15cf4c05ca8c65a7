"""A manager in a real browser: the trend, arrears and losses beside the funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.console.browser import DESK, PHONE
from tests.support.console.office import Office, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize(
    ("size", "language"), [(PHONE, "zh"), (DESK, "en")], ids=["phone-zh", "desk-en"]
)
def test_a_manager_reads_the_trend_and_an_auditor_opens_the_list_behind_a_count(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    decision = ask(office.reader(browser, "asker", size), office.member("FIRST"), 5_000)
    payer = office.reader(browser, "payer", size)
    payer.go(decision)
    payer.press(payer.page.locator("#payments form button.button").first)
    payer.press(payer.page.locator('input[name="checked"] ~ button'))
    manager = office.reader(browser, "manager", size, language)
    page = manager.page
    assert page.url.endswith("/console/figures")
    manager.tab_to(page.locator("figure + details summary"))
    page.keyboard.press("Enter")
    assert page.locator("figure + details table").is_visible()
    manager.look()
    manager.press(page.locator("#tiles nav a").nth(2))
    assert page.locator("#tiles nav a[aria-current]").count() == 1
    manager.look()
    tile = page.locator("a.tile").first
    code = str(tile.get_attribute("href")).split("county=")[1][:6]
    manager.press(tile)
    assert f"county={code}" in page.url
    manager.go("/console/figures")
    page.emulate_media(media="print")
    assert page.locator("caption").count() >= 3
    auditor = office.reader(browser, "auditor", size, language)
    auditor.go("/console/figures")
    auditor.press(auditor.page.locator('td a[href^="/console/decisions"]').first)
    assert auditor.page.locator("main .row-main").count() >= 1
    auditor.look()
    auditor.go("/console/figures")
    running = auditor.page.locator('td a[href*="counted_as=running"]').first
    count = int(running.inner_text())
    auditor.press(running)
    assert auditor.page.locator("main .row-main").count() == count
    auditor.look()
    auditor.go("/console/figures")
    auditor.press(auditor.page.locator('td a[href*="tier=FIRST"]').first)
    auditor.look()
