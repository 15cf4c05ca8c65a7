"""The page for the way by keyboard alone: nothing needs a pointer, and the focus is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.console.away import (
    PASSPHRASE,
    wait_for_state,
    wait_until,
    wait_until_told,
)
from tests.support.console.browser import DESK, Reader
from tests.support.console.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

_SEEN = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const inSight = box.top >= 0 && box.bottom <= innerHeight;
  return inSight && getComputedStyle(element).outlineStyle === "solid";
}"""


def press(reader: Reader, target: Locator, key: str) -> None:
    """Go to `target` by the tabulator, see that the focus shows it, and press a key."""
    reader.tab_to(target)
    assert reader.page.evaluate(_SEEN), f"the focus on {target} is not seen"
    reader.page.keyboard.press(key)


def has_focus(page: Page, selector: str) -> bool:
    found: bool = page.locator(selector).first.evaluate(
        "element => element === document.activeElement"
    )
    return found


def wait_for_focus(page: Page, selector: str) -> None:
    wait_until(page, "(it) => document.activeElement === document.querySelector(it)", selector)


def test_a_village_is_taken_along_and_a_visit_noted_and_sent_by_keyboard_alone(
    browser: Browser, office: Office
) -> None:
    reader = office.reader_of_a_village(browser, DESK)
    page, keyboard = reader.page, reader.page.keyboard
    with page.expect_navigation():
        press(reader, page.locator('main a[href*="#take="]'), "Enter")
    reader.tab_to(page.locator("#passphrase"))
    keyboard.type("short")
    keyboard.press("Tab")
    keyboard.press("Space")
    wait_until_told(page, "至少 10 个字符")
    assert has_focus(page, "#passphrase"), "what is to be corrected"
    keyboard.press("Control+A")
    keyboard.type(PASSPHRASE)
    keyboard.press("Enter")
    wait_for_focus(page, "#told")
    # The next stop is the next thing to do, once it is there.
    page.locator("#take-button").wait_for()
    keyboard.press("Tab")
    wait_for_focus(page, "#take-button")
    keyboard.press("Enter")
    page.locator(".person").first.wait_for()
    wait_for_focus(page, "#told")

    page.route("**/console/away/notes", lambda route: route.abort())
    person = page.locator(".person", has=page.locator(".tier-first")).nth(9)
    visit, consent = person.locator("[data-note=visit]"), person.locator("[data-note=consent]")
    press(reader, consent, "Enter")
    wait_for_focus(page, "#note-place h2")
    press(reader, page.locator("#note-place [data-cancel]"), "Space")
    assert consent.evaluate("element => element === document.activeElement")
    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    wait_for_focus(page, "#note-place h2")
    press(reader, page.locator("#note-place input[value=document]"), "Space")
    reader.tab_to(page.locator('#note-place input[name="income.wages"]'))
    keyboard.type("36000")
    reader.tab_to(page.locator("#note-place #note"))
    keyboard.type("看了用工合同")
    press(reader, page.locator("#note-place button.button").first, "Enter")
    wait_until_told(page, "没有网络")
    wait_for_focus(page, "#told")
    assert page.evaluate(_SEEN)
    page.locator("#back-button").wait_for()
    keyboard.press("Tab")
    wait_for_focus(page, "#back-button")
    keyboard.press("Enter")
    assert visit.evaluate("element => element === document.activeElement")
    assert page.evaluate(_SEEN)
    # The network comes back while the officer is among the people: the lists are drawn anew.
    page.unroute("**/console/away/notes")
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for_state(page, "sent")
    assert visit.evaluate("element => element === document.activeElement")
    reader.look()

    press(reader, page.locator("#close"), "Enter")
    wait_for_focus(page, "#told")
    reader.tab_to(page.locator("#passphrase"))
    keyboard.type("not the passphrase")
    keyboard.press("Enter")
    wait_until_told(page, "口令不对")
    wait_for_focus(page, "#passphrase")
    keyboard.type(PASSPHRASE)
    keyboard.press("Enter")
    page.locator(".person").first.wait_for()
    press(reader, page.locator("#notes [data-drop]"), "Enter")
    wait_until_told(page, "已删除")
    wait_for_focus(page, "#told")
    press(reader, page.locator("#send"), "Enter")
    wait_for_focus(page, "#send")
    page.once("dialog", lambda dialog: dialog.accept())
    reader.tab_to(page.locator("#wipe"), most=300)
    keyboard.press("Enter")
    wait_until_told(page, "已全部清除")
    wait_for_focus(page, "#told")
    reader.look()
