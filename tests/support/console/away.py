"""Steps on the page that opens without a network."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from tests.support.console.browser import PHONE, Reader
from tests.support.console.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSPHRASE = "麦收时节 village 9"


def wait_until(page: Page, script: str, arg: Any = None) -> None:
    """Wait until `script` is true in the page, whose policy allows no waiting by Playwright's own.

    Raises
    ------
    AssertionError
        If it is not within a minute.
    """
    deadline = monotonic() + 60
    while not page.evaluate(script, arg):
        assert monotonic() < deadline, script
        page.wait_for_timeout(100)


def wait_until_told(page: Page, text: str) -> None:
    """Wait until the page tells `text`."""
    wait_until(page, "(text) => document.querySelector('#told').textContent.includes(text)", text)


def open_bag(page: Page, passphrase: str = PASSPHRASE) -> None:
    """Type a passphrase and wait for what comes of it."""
    page.fill("#passphrase", passphrase)
    page.locator("#lock button").click()
    wait_until(page, "document.querySelector('#passphrase').value === ''")


def go_away(
    office: Office, browser: Browser, size: tuple[int, int] = PHONE, language: str = "zh"
) -> Reader:
    """Return an officer's browser with a village taken along, ready to go without a network."""
    reader = office.reader_of_a_village(browser, size, language)
    page = reader.page
    reader.press(page.locator('main a[href*="#take="]'))
    open_bag(page)
    page.locator("#take-button").click()
    page.locator(".person").first.wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_until(page, "navigator.serviceWorker.controller !== null")
    return reader


def wait_for_state(page: Page, state: str, count: int = 1) -> None:
    """Wait until so many notes are in `state`."""
    wait_until(
        page,
        "([state, count]) => document.querySelectorAll(`.note-${state}`).length === count",
        [state, count],
    )
