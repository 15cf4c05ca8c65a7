"""An analyst's day in a real browser: trainings, a card, two cards, monitoring, an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from data.publishing.run_summaries import run_summaries
from tests.support.console.browser import DESK, PHONE
from tests.support.console.office import Office
from tests.support.recording.model_runs import MODEL_RUNS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MODELS = "/console/models"
WATCHED = ("monitoring", "swap-sets")
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@SIZES
@LANGUAGES
def test_an_analyst_looks_at_a_training_its_card_and_another_beside_it(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader(browser, "analyst", size, language)
    page = reader.page
    reader.press(page.locator(f'.nav a[href="{MODELS}"]'))
    reader.look()
    reader.press(page.locator("a.row-main").first)
    reader.look()
    for summary in page.locator("details summary").all():
        summary.click()
    assert page.locator("figure table").is_visible()
    reader.look()
    reader.press(page.locator(f'main a[href^="{MODELS}/cards/"]').first)
    reader.look()
    reader.press(page.locator("form.filter button"))
    assert "/against/" in page.url
    assert page.locator("table.bins").count() > 2
    reader.look()


@SIZES
@LANGUAGES
def test_an_analyst_reads_what_moved_and_who_would_enter_and_leave(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader(browser, "analyst", size, language)
    for tab in WATCHED:
        reader.go(MODELS)
        reader.press(reader.page.locator(f'.tabs a[href="{MODELS}/{tab}"]'))
        reader.look()
        reader.press(reader.page.locator("a.row-main").first)
        assert reader.page.locator("table.heat").count() == 1
        for summary in reader.page.locator("details summary").all():
            summary.click()
        reader.look()


@SIZES
@LANGUAGES
def test_a_head_approves_what_an_analyst_orders_from_a_training(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    analyst = office.reader(browser, "analyst", size, language)
    (fit, *_) = (
        each
        for each in run_summaries(MODEL_RUNS, "training")
        if each.content["gates"]["verdict"] != "failed"
    )
    analyst.go(f"{MODELS}/runs/{fit.id}")
    button = f'form[action="{MODELS}/runs/{fit.id}/order"] button'
    analyst.press(analyst.page.locator(button))
    assert analyst.page.evaluate("document.activeElement.id") == "notice"
    analyst.look()
    because = f"its gates passed, seen on {size[0]} {language}"
    analyst.page.fill("#because", because)
    analyst.press(analyst.page.locator(button))
    order = analyst.page.locator(".order", has_text=because)
    assert fit.content["card_digest"] in order.inner_text()
    assert order.locator("button").count() == 0
    head = office.reader(browser, "head", size, language)
    head.go(f"{MODELS}/runs/{fit.id}")
    head.look()
    head.go("/console/key-orders")
    head.press(head.page.locator(".order", has_text=because).locator("button"))
    assert head.page.locator(".order", has_text=because).locator(".order-approved").count() == 1


def test_an_analyst_needs_no_mouse(browser: Browser, office: Office) -> None:
    reader = office.reader(browser, "analyst", DESK)
    page, keyboard = reader.page, reader.page.keyboard
    for target in (f'.nav a[href="{MODELS}"]', "a.row-main", f'main a[href^="{MODELS}/cards/"]'):
        reader.tab_to(page.locator(target).first)
        with page.expect_navigation():
            keyboard.press("Enter")
    reader.tab_to(page.locator("#against"))
    reader.tab_to(page.locator("form.filter button"))
    with page.expect_navigation():
        keyboard.press("Enter")
    assert "/against/" in page.url
    reader.tab_to(page.locator(".fold summary").last, most=200)
    keyboard.press("Enter")
    reader.tab_to(page.locator(".scroll").last)
    assert reader.complaints == []


def test_paper_holds_the_figures_and_no_form(browser: Browser, office: Office) -> None:
    reader = office.reader(browser, "analyst", DESK)
    reader.go(f"{MODELS}/runs/{run_summaries(MODEL_RUNS, 'training')[0].id}")
    reader.page.emulate_media(media="print")
    assert reader.page.locator(".gate").first.is_visible()
    assert not reader.page.locator("main button:visible").count()
    assert not reader.page.locator(".tabs:visible").count()
