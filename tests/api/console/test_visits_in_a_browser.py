"""What officers record in a real browser: a visit with its withdrawal, and what is repaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.console.browser import LANGUAGES, SIZES
from tests.support.console.office import Office, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOTE = "看了用工合同，复印件存网点"


@SIZES
@LANGUAGES
def test_an_officer_records_a_visit_and_withdraws_it(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader(browser, "asker", size, language)
    page, here = reader.page, f"/console/members/{office.member('FIRST')}"
    reader.go(here)
    reader.press(page.locator(f'main a[href="{here}/visit"]'))
    reader.look()
    reader.press(page.locator("main button.button"))
    assert page.evaluate("document.activeElement.id") == "notice"
    reader.look()
    page.locator("input[name=proof]").first.check()
    page.fill('input[name="income.wages"]', "36,000")
    page.select_option('select[name="crop.1"]', "wheat")
    page.fill('input[name="yield.1"]', "430")
    page.fill("#note", NOTE)
    reader.press(page.locator("main button.button"))
    assert page.locator("#harvests .wrong").is_visible(), "no harvest is chosen"
    reader.look()
    page.select_option('select[name="season.1"]', index=1)
    reader.press(page.locator("main button.button"))
    assert page.url.endswith("#visits"), page.inner_text("main")
    reader.look()
    visit = page.locator("#visits .visit").first
    assert "¥36,000" in visit.inner_text()
    visit.locator("summary").click()
    reader.look()
    reader.press(visit.locator("button.danger"))
    reader.look()
    page.select_option("#reason", "wrong_figures")
    page.fill("#note", "金额看错，按月误作按年")
    reader.press(page.locator("#visits button.danger"))
    assert page.locator("#visits button.danger").count() == 0
    reader.look()


@SIZES
@LANGUAGES
def test_a_colleague_records_what_is_repaid_by_keyboard(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    decision = ask(office.reader(browser, "asker", size), office.member("FIRST"), 5_000)
    payer = office.reader(browser, "payer", size, language)
    payer.go(decision)
    payer.press(payer.page.locator("#payments form button.button").first)
    payer.press(payer.page.locator('input[name="checked"] ~ button'))
    reader = office.reader(browser, "keeper", size, language)
    page, keyboard = reader.page, reader.page.keyboard
    reader.go(decision)
    form = page.locator(f'form[action="{decision}/payments/1/repayments"]')
    reader.tab_to(page.locator(".draw > details summary"))
    keyboard.press("Enter")
    reader.look()
    reader.tab_to(form.locator("input[name=repaid_yuan]"))
    keyboard.type("2000")
    with page.expect_navigation():
        keyboard.press("Enter")
    reader.look()
    assert "¥3,000" in page.inner_text("#payments")
    page.emulate_media(media="print")
    assert not page.locator("#payments button:visible").count()
    assert page.locator("#payments .inner li").is_visible()
