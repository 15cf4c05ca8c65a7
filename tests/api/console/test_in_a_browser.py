"""A loan officer's day in a real browser: by mouse and keyboard, in both languages, on paper."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.console.browser import DESK, LANGUAGES, PHONE, SIZES, Reader
from tests.support.console.office import Office, ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@SIZES
@LANGUAGES
def test_an_officer_finds_a_member_asks_and_prints_the_notice(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = office.reader(browser, "asker", size, language)
    page, member = reader.page, office.member("FIRST")
    assert page.url.endswith("/console/villages")
    reader.look()
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    reader.go("/console/search")
    reader.press(page.locator("main button.button"))
    assert page.locator("#notice").is_visible()
    reader.look()
    reader.go(f"/console/members/{member}")
    reader.look()
    page.locator("figure details summary").click()
    assert page.locator("figure table").is_visible()
    decision = ask(reader, member, 5_000)
    assert decision.startswith("/console/decisions/")
    reader.look()
    reader.press(page.locator("main .actions a.button"))
    reader.look()
    assert "贷款申请结果告知书" in page.inner_text("h1")


@SIZES
def test_the_notice_is_one_page_of_a4(
    browser: Browser, office: Office, size: tuple[int, int], tmp_path: Path
) -> None:
    reader = office.reader(browser, "asker", size)
    reader.go(f"{ask(reader, office.member('NONE'), 5_000)}/notice")
    paper = reader.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) == 1
    (box,) = set(re.findall(rb"/MediaBox\s*\[([^\]]*)\]", paper))
    assert [round(float(side)) for side in box.split()] == [0, 0, 595, 842]
    assert "由工作人员重新审核" in reader.page.inner_text("main")


@SIZES
@LANGUAGES
def test_a_colleague_pays_and_a_reviewer_decides(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    asker = office.reader(browser, "asker", size, language)
    approved = ask(asker, office.member("FIRST"), 5_000)
    referred = ask(asker, office.member("SECOND"), 5_000)
    payer = office.reader(browser, "payer", size, language)
    payer.go(approved)
    payer.look()
    payer.press(payer.page.locator("#payments form button.button").first)
    payer.look()
    payer.press(payer.page.locator('input[name="checked"] ~ button'))
    payer.look()
    assert payer.page.locator(".done").is_visible()
    assert payer.page.locator("#payments .draw").count() == 1
    assert not payer.page.locator("#payments form[action$=cancellation]").count(), "kept apart"
    reviewer = office.reader(browser, "reviewer", size, language)
    assert reviewer.page.url.endswith("/console/reviews")
    reviewer.look()
    reviewer.press(reviewer.page.locator(f'a[href^="{referred}"]'))
    reviewer.press(reviewer.page.locator(f'form[action="{referred}/claim"] button'))
    reviewer.look()
    verdict = f'form[action="{referred}/verdict"]'
    reviewer.press(reviewer.page.locator(f"{verdict} button"))
    assert reviewer.page.evaluate("document.activeElement.id") == "notice"
    reviewer.look()
    reviewer.page.locator(f"{verdict} input[value=APPROVE]").check()
    reviewer.page.select_option("#reason_code", index=1)
    reviewer.page.fill("#note", "已到户核实，收入与流水相符")
    reviewer.press(reviewer.page.locator(f"{verdict} button"))
    reviewer.look()
    assert reviewer.page.locator(f"{verdict}").count() == 0


@SIZES
@LANGUAGES
def test_a_manager_goes_into_a_county_and_an_auditor_makes_a_decision_again(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    decision = ask(office.reader(browser, "asker", size), office.member("FIRST"), 5_000)
    manager = office.reader(browser, "manager", size, language)
    manager.look()
    manager.press(manager.page.locator("tbody a").first)
    manager.press(manager.page.locator("tbody a").first)
    manager.look()
    auditor = office.reader(browser, "auditor", size, language)
    auditor.look()
    auditor.press(auditor.page.locator(f'a[href="{decision}"]'))
    auditor.look()
    auditor.press(auditor.page.locator(f'a[href="{decision}/replay"]'))
    assert auditor.page.locator("td .lost").count() == 0
    auditor.look()
    auditor.go("/console/accesses")
    auditor.look()


@SIZES
@LANGUAGES
def test_two_administrators_change_an_account_by_keyboard(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    first = office.reader(browser, "admin", size, language)
    page, keyboard = first.page, first.page.keyboard
    assert page.url.endswith("/console/accounts")
    first.look()
    first.press(page.locator('a[href="/console/accounts/duties"]'))
    for each in page.locator("details").all():
        each.locator("summary").click()
    first.look()
    first.go("/console/accounts")
    because = f"leaves the county on {size[0]} {language}"
    first.tab_to(page.locator("input[name=action]").first)
    for _ in range(2):
        keyboard.press("ArrowDown")
    first.tab_to(page.locator("#account"))
    keyboard.type("payer")
    first.tab_to(page.locator("#because"))
    keyboard.type(because)
    with page.expect_navigation():
        keyboard.press("Enter")
    placed = page.locator(".order", has_text=because)
    assert placed.count() == 1
    assert placed.locator("button").count() == 0
    second = office.reader(browser, "admin-2", size, language)
    second.press(second.page.locator(".order", has_text=because).locator("button"))
    approved = second.page.locator(".order", has_text=because)
    assert "rongzi users apply" in approved.inner_text()
    second.look()
    second.press(second.page.get_by_role("link", name="payer", exact=True))
    second.look()


@SIZES
@LANGUAGES
def test_a_manager_approves_what_an_operator_orders_and_an_auditor_reads_it(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    operator = office.reader(browser, "operator", size, language)
    operator.go("/console/key-orders")
    operator.look()
    button = "main form button.button:not(.secondary)"
    operator.press(operator.page.locator(button))
    assert operator.page.evaluate("document.activeElement.id") == "notice"
    operator.look()
    because = f"rows are missing, seen on {size[0]} {language}"
    operator.page.locator("input[value=rollback]").check()
    operator.page.fill("#subject", "2023-10-01-0a1b2c3d4e5f")
    operator.page.fill("#because", because)
    operator.press(operator.page.locator(button))
    manager = office.reader(browser, "manager", size, language)
    manager.go("/console/key-orders")
    manager.page.emulate_media(media="print")
    assert manager.page.locator(".order", has_text=because).is_visible()
    assert not manager.page.locator("main button:visible").count()
    manager.page.emulate_media(media="screen")
    manager.press(manager.page.locator(".order", has_text=because).locator("button"))
    manager.look()
    auditor = office.reader(browser, "auditor", size, language)
    auditor.go("/console/key-orders")
    assert auditor.page.locator("main form").count() == 0
    assert "manager" in auditor.page.locator(".order", has_text=because).inner_text()
    auditor.look()


@SIZES
def test_somebody_ends_a_session_of_their_own(
    browser: Browser, office: Office, size: tuple[int, int]
) -> None:
    left = office.reader(browser, "head", size)
    here = office.reader(browser, "head", size)
    here.press(here.page.locator(".head-tools a"))
    here.look()
    while here.page.locator("main form button").count():
        here.press(here.page.locator("main form button").first)
    assert here.page.locator(".row").count() == 1
    # A session that was ended is refused within seconds.
    deadline = time.monotonic() + 20
    while not left.page.url.endswith("/console/sign-in"):
        assert time.monotonic() < deadline, left.page.url
        left.go("/console/sessions")


def test_whoever_has_no_page_is_told_so(browser: Browser, office: Office) -> None:
    for account in ("admin", "manager"):
        reader = office.reader(browser, account, PHONE)
        reader.go("/console/members/NOBODY")
        assert reader.page.locator("h1").count() == 1
        reader.look()


def test_everything_an_officer_does_can_be_done_by_keyboard_alone(
    browser: Browser, office: Office
) -> None:
    reader = Reader.at(browser, office.url, DESK)
    page, keyboard = reader.page, reader.page.keyboard
    reader.go("/console/sign-in")
    reader.tab_to(page.locator("#username"))
    keyboard.type("asker")
    keyboard.press("Tab")
    keyboard.type(office.passwords["asker"])
    with page.expect_navigation():
        keyboard.press("Enter")
    reader.tab_to(page.locator(".row-main").first)
    with page.expect_navigation():
        keyboard.press("Enter")
    reader.tab_to(page.locator('main a[href$="/ask"]'))
    with page.expect_navigation():
        keyboard.press("Enter")
    reader.tab_to(page.locator("#amount_yuan"))
    keyboard.press("Control+A")
    keyboard.type("4000")
    reader.tab_to(page.locator("input[name=purpose]").first)
    keyboard.press("Space")
    reader.tab_to(page.locator("main button.button"))
    with page.expect_navigation():
        keyboard.press("Enter")
    assert "/console/decisions/" in page.url
    assert reader.complaints == []


def test_a_double_click_asks_once(browser: Browser, office: Office) -> None:
    reader, member = office.reader(browser, "asker", DESK), office.member("FIRST")
    reader.go(f"/console/members/{member}/ask")
    reader.page.locator("input[name=purpose]").first.check()
    with reader.page.expect_navigation(url=re.compile("/console/decisions/")):
        reader.page.locator("main button.button").dblclick()
    assert reader.page.locator(".timeline li").count() == 1


def test_an_answer_lost_on_the_way_is_found_again_by_the_same_form(
    browser: Browser, office: Office
) -> None:
    reader, member = office.reader(browser, "asker", PHONE), office.member("FIRST")
    page = reader.page
    reader.go(f"/console/members/{member}/ask")
    page.locator("input[name=purpose]").first.check()

    def lose(route: Any) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/ask", lose, times=1)
    page.locator("main button.button").click()
    page.wait_for_url("chrome-error://**")
    page.reload()
    assert "/console/decisions/" in page.url
    assert page.locator(".timeline li").count() == 1


def test_the_page_tells_while_typing_how_an_amount_stands_to_the_limit(
    browser: Browser, office: Office
) -> None:
    reader = office.reader(browser, "asker", PHONE)
    page = reader.page
    reader.go(f"/console/members/{office.member('FIRST')}/ask")
    page.fill("#amount_yuan", "１，０００")
    assert page.inner_text(".live") == "在额度以内"
    page.fill("#amount_yuan", "9,000,000 元")
    assert page.inner_text(".live") == "超过额度，需人工审核"


def test_more_rows_come_without_loading_the_page_anew(browser: Browser, office: Office) -> None:
    reader = office.reader(browser, "asker", PHONE)
    page = reader.page
    first = page.locator("#changes .row").count()
    page.locator("#changes .more a").click()
    page.locator("#changes .row").nth(first).wait_for()
    assert page.url.endswith("/console/villages")
    reader.look()


def test_without_scripts_the_forms_work_too(browser: Browser, office: Office) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{office.url}/console/sign-in")
    page.fill("#username", "asker")
    page.fill("#password", office.passwords["asker"])
    page.locator("main button.button").click()
    page.wait_for_url("**/console/villages")
    page.locator("#changes .more a").click()
    page.wait_for_url("**cursor=*")
    context.close()
