"""Somebody enrols an authenticator in a real browser."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest

from api.access.one_time_codes import code_of_step, step_of
from tests.support.console.browser import DESK, PHONE, Reader
from tests.support.console.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize(
    ("size", "language", "account"),
    [(PHONE, "zh", "keeper"), (DESK, "en", "payer")],
    ids=["phone-zh", "desk-en"],
)
def test_a_secret_is_shown_once_and_confirmed_by_its_code(
    browser: Browser, office: Office, size: tuple[int, int], language: str, account: str
) -> None:
    reader = Reader.at(browser, office.url, size)
    page = reader.page
    reader.go("/console/sign-in")
    if language == "en":
        reader.press(page.get_by_role("button", name="English"))
    reader.press(page.locator('main a[href="/console/second-factor"]'))
    reader.look()
    first = page.locator('form[action="/console/second-factor"]')
    first.locator("[name=username]").fill(account)
    first.locator("[name=password]").fill(office.passwords[account])
    reader.press(first.locator("button"))
    reader.look()
    secret = base64.b32decode(page.inner_text(".secret").replace(" ", ""))
    page.fill("#username", account)
    page.fill("#password", office.passwords[account])
    page.fill("#code", code_of_step(secret, step_of(time.time())))
    reader.press(page.locator('form[action$="/confirmation"] button'))
    assert page.locator(".notice-good").is_visible()
    assert page.locator(".secret").count() == 0
    reader.look()
