"""An operator's day in a real browser: what is held, what would change, orders with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.console.browser import DESK, LANGUAGES, SIZES
from tests.support.console.office import Office, open_office

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ORDER = "#held form button"


@pytest.fixture
def office(browser: Browser, operated_home: Path, tmp_path: Path) -> Iterator[Office]:
    with open_office(operated_home, tmp_path) as served:
        yield served


@SIZES
@LANGUAGES
def test_an_operator_orders_what_is_held_and_a_manager_approves_it(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    operator = office.reader(browser, "operator", size, language)
    page = operator.page
    operator.go("/console/editions")
    operator.look()
    operator.press(page.locator(ORDER))
    assert page.evaluate("document.activeElement.id") == "notice"
    operator.look()
    page.fill("#because", "the flows of two months are late")
    operator.press(page.locator(ORDER))
    assert page.url.endswith("/console/key-orders")
    operator.look()
    manager = office.reader(browser, "manager", size, language)
    manager.go("/console/key-orders")
    manager.press(manager.page.locator(".order button"))
    operator.go("/console/editions")
    assert "--resume --order" in page.inner_text("#held")
    assert page.locator(ORDER).count() == 0
    operator.look()
    auditor = office.reader(browser, "auditor", size, language)
    auditor.go("/console/editions")
    auditor.look()


@SIZES
@LANGUAGES
def test_an_operator_compares_two_editions_and_orders_the_way_back(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    operator = office.reader(browser, "operator", size, language)
    page = operator.page
    operator.go("/console/editions")
    operator.press(page.locator("table.records tbody a").first)
    operator.look()
    assert page.locator("form[method=post][action^='/console/editions']").count() == 0
    operator.go("/console/editions")
    operator.press(page.locator("table.records tbody a").last)
    operator.look()
    assert all(table.locator("caption").count() for table in page.locator("table").all())
    page.emulate_media(media="print")
    assert not page.locator("main button:visible").count()
    page.emulate_media(media="screen")
    page.fill("#because", "a county is missing in the new one")
    operator.press(page.locator("form[action$='rollback-order'] button"))
    assert page.url.endswith("/console/key-orders")
    operator.look()


@SIZES
@LANGUAGES
def test_an_operator_reads_the_examination(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    operator = office.reader(browser, "operator", size, language)
    operator.go("/console/installation")
    operator.look()
    assert operator.page.locator("table caption").count() == 1
    assert operator.page.locator("tbody tr").count() > 5


@SIZES
@LANGUAGES
def test_an_operator_reads_an_import_and_hands_a_file_back(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    operator = office.reader(browser, "operator", size, language)
    page = operator.page
    assert page.url.endswith("/console/imports")
    operator.look()
    operator.press(page.locator("tbody a").first)
    operator.look()
    assert all(table.locator("caption").count() for table in page.locator("table").all())
    with page.expect_download() as sent:
        page.locator("tbody a[download]").click()
    assert sent.value.suggested_filename.endswith(".csv")
    operator.go("/console/freshness")
    operator.look()


def test_the_way_back_is_ordered_by_keyboard_alone(browser: Browser, office: Office) -> None:
    operator = office.reader(browser, "operator", DESK)
    page, keyboard = operator.page, operator.page.keyboard
    operator.tab_to(page.locator("nav a[href='/console/editions']"))
    with page.expect_navigation():
        keyboard.press("Enter")
    operator.tab_to(page.locator("table.records tbody a").last)
    with page.expect_navigation():
        keyboard.press("Enter")
    operator.tab_to(page.locator("#because"))
    keyboard.type("a county is missing in the new one")
    with page.expect_navigation():
        keyboard.press("Enter")
    assert page.url.endswith("/console/key-orders")
    assert operator.complaints == []
