"""On the way in a real browser: villages without a network, and notes that are sent once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.console.away import (
    PASSPHRASE,
    go_away,
    open_bag,
    wait_for_state,
    wait_until,
    wait_until_told,
)  # fmt: skip
from tests.support.console.browser import LANGUAGES, PHONE, SIZES, Reader
from tests.support.console.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WRONG = "not the passphrase"
NOTE = "看了用工合同，复印件存网点"
#: Every byte and text of the browser's stores that a thief of the telephone could read.
_IN_CLEAR = """async () => {
  const texts = [], character = (byte) => String.fromCharCode(byte);
  const write = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? Array.from(new Uint8Array(value.buffer ?? value), character).join("")
    : value && typeof value === "object"
      ? Object.entries(value).map(([name, each]) => name + write(each)).join()
      : String(value);
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      texts.push(request.url, await (await cache.match(request)).text());
  }
  for (const {name} of await indexedDB.databases()) {
    const database = await new Promise((done) => {
      const asked = indexedDB.open(name); asked.onsuccess = () => done(asked.result);
    });
    for (const store of database.objectStoreNames) texts.push(...(await new Promise((done) => {
      const asked = database.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => done(asked.result);
    })).map(write));
    database.close();
  }
  return [...texts, write({...localStorage})];
}"""


def away_under_a_clock(office: Office, browser: Browser) -> Page:
    """Return the opened page of an officer's browser whose clock the test moves."""
    page = go_away(office, browser).page
    page.clock.install()
    page.reload()
    open_bag(page)
    page.locator(".person").first.wait_for()
    return page


def note_visit(page: Page, at: int) -> str:
    """Note a visit to a person of the first tier; return the person's member id."""
    person = page.locator(".person", has=page.locator(".tier-first")).nth(at)
    person.locator("[data-note=visit]").click()
    form = page.locator("#note-place form")
    form.locator("input[value=document]").check()
    form.locator('input[name="income.wages"]').fill("36,000")
    form.locator("#note").fill(NOTE)
    form.locator("button.button").first.click()
    page.locator("#notes .visit").last.wait_for()
    member: str = page.evaluate("bag.notes().then((notes) => notes.at(-1).member)")
    return member


def visits_on_record(office: Office, browser: Browser, member: str) -> int:
    """Return how many visits a colleague sees of a member."""
    reader = office.reader(browser, "payer", PHONE)
    reader.go(f"/console/members/{member}")
    return reader.page.locator("#visits .visit").count()


@SIZES
@LANGUAGES
def test_a_village_opens_without_a_network(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    reader = go_away(office, browser, size, language)
    page = reader.page
    reader.look()
    names = page.locator(".person strong").all_inner_texts()
    page.context.set_offline(True)
    page.reload()
    assert page.locator(".person").count() == 0
    reader.look()
    open_bag(page)
    page.locator(".person").first.wait_for()
    assert page.locator(".person strong").all_inner_texts() == names
    for kind in ("visit", "consent", "question"):
        page.locator(f".person [data-note={kind}]").first.click()
        reader.look()
    page.emulate_media(media="print")
    assert page.locator(".person").first.is_visible()
    assert not page.locator("button:visible").count()
    page.emulate_media(media="screen")
    page.locator("#close").click()
    page.locator("#lock").wait_for()
    assert page.locator(".person").count() == 0


def test_nothing_about_a_person_lies_in_clear(browser: Browser, office: Office) -> None:
    page = go_away(office, browser).page
    page.context.set_offline(True)
    note_visit(page, 0)
    villages = page.evaluate("bag.packs().then((packs) => packs.map((pack) => pack.village))")
    rows = villages[0]["rows"]
    secret = {NOTE, PASSPHRASE, "asker", "36,000", villages[0]["name"], villages[0]["code"]}
    for row in rows:
        secret |= {row["member_id"], *(text for text in row["identity"].values() if text)}
    assert len(rows) > 10
    stored = page.evaluate(_IN_CLEAR)
    # A text can also lie there as its bytes.
    looked_for = {each for text in secret for each in (text, text.encode().decode("latin-1"))}
    assert [text for text in looked_for if any(text in each for each in stored)] == []
    addresses = [each for each in stored if each.startswith(office.url)]
    assert len(addresses) == 7
    assert all(re.search("/console/(away|static)/", each) for each in addresses)


def test_wrong_passphrases_in_a_row_wipe_everything(browser: Browser, office: Office) -> None:
    reader = go_away(office, browser)
    page = reader.page
    page.reload()
    for left in (4, 3):
        open_bag(page, WRONG)
        wait_until_told(page, str(left))
    # The right one begins the count anew; leaving the page does not.
    open_bag(page)
    page.locator(".person").first.wait_for()
    for _ in range(4):
        page.reload()
        open_bag(page, WRONG)
        wait_until_told(page, "口令不对")
    open_bag(page, WRONG)
    wait_until_told(page, "清除")
    state = page.evaluate("bag.state()")
    assert state == {"isSetUp": False, "isOpen": False, "packs": 0, "waiting": 0}
    assert reader.complaints == []


@pytest.mark.parametrize("days", [1, -1], ids=["its day is over", "the clock was set back"])
def test_villages_are_wiped_at_the_next_opening(
    browser: Browser, office: Office, days: int
) -> None:
    page = go_away(office, browser).page
    page.context.set_offline(True)
    note_visit(page, 0)
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))
    page.reload()
    page.locator("#lock").wait_for()
    wait_until(page, "document.querySelector('#waiting').textContent.includes('1')")
    state = page.evaluate("bag.state()")
    assert (state["packs"], state["waiting"]) == (0, 1), "an unsent note stays"
    open_bag(page)
    page.locator("#notes .visit").wait_for()
    assert page.locator(".person").count() == 0


def test_villages_are_wiped_while_the_page_is_open(browser: Browser, office: Office) -> None:
    page = away_under_a_clock(office, browser)
    page.clock.fast_forward(86_400_000)
    wait_until(page, "document.querySelectorAll('.person').length === 0")
    assert page.evaluate("bag.state()")["isSetUp"] is False


def test_a_page_left_alone_locks(browser: Browser, office: Office) -> None:
    page = away_under_a_clock(office, browser)
    page.clock.fast_forward(11 * 60_000)
    page.locator("#lock").wait_for()
    assert page.locator(".person").count() == 0


def test_signing_out_wipes_the_villages_and_keeps_unsent_notes(
    browser: Browser, office: Office
) -> None:
    reader = go_away(office, browser)
    page = reader.page
    page.context.set_offline(True)
    note_visit(page, 1)
    other = page.context.new_page()
    page.context.set_offline(False)
    page.route("**/console/away/notes", lambda route: route.abort())
    other.goto(f"{office.url}/console/villages")
    other.locator('form[action="/console/sign-out"] button').click()
    other.wait_for_url("**/console/sign-in")
    wait_until(page, "document.querySelectorAll('.person').length === 0")
    state = page.evaluate("bag.state()")
    assert (state["packs"], state["waiting"]) == (0, 1)


def test_notes_outlive_the_tab_and_are_sent_when_the_network_is_back(
    browser: Browser, office: Office
) -> None:
    reader = go_away(office, browser)
    page, context = reader.page, reader.page.context
    context.set_offline(True)
    member = note_visit(page, 2)
    person = page.locator(".person", has_text="没有授权").first
    person.locator("[data-note=consent]").click()
    page.locator("#note-place input[value=paper]").check()
    page.locator("#note-place button.button").first.click()
    page.locator(".person", has=page.locator(".tier-first")).nth(3).locator(
        "[data-note=question]"
    ).click()
    page.locator("#note-place #amount_yuan").fill("3000")
    page.locator("#note-place input[value=inputs]").check()
    page.locator("#note-place button.button").first.click()
    wait_for_state(page, "unsent", 3)
    page.close()
    page = context.new_page()
    page.goto(f"{office.url}/console/away/zh")
    open_bag(page)
    wait_for_state(page, "unsent", 3)
    context.set_offline(False)
    wait_for_state(page, "sent", 3)
    assert visits_on_record(office, browser, member) == 1
    decided = page.locator('#notes a[href^="/console/decisions/"]').get_attribute("href")
    page.goto(f"{office.url}{decided}")
    assert page.locator(".timeline li").count() == 1


def test_a_note_whose_answer_was_lost_is_carried_out_once(browser: Browser, office: Office) -> None:
    page = go_away(office, browser).page
    lost: list[int] = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/console/away/notes", lose, times=1)
    member = note_visit(page, 4)
    wait_until_told(page, "没有网络")
    assert lost == [200], "it was carried out"
    wait_for_state(page, "unsent")
    page.locator("#send").click()
    wait_for_state(page, "sent")
    assert visits_on_record(office, browser, member) == 1


def test_two_tabs_send_a_note_once(browser: Browser, office: Office) -> None:
    reader = go_away(office, browser)
    page, context = reader.page, reader.page.context
    context.set_offline(True)
    member = note_visit(page, 5)
    other = context.new_page()
    other.goto(f"{office.url}/console/away/zh")
    open_bag(other)
    wait_for_state(other, "unsent")
    sent: list[str] = []
    context.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    context.set_offline(False)
    for tab in (page, other):
        tab.evaluate("void notesOut.send(tell)")
    for tab in (page, other):
        wait_for_state(tab, "sent")
    assert len(sent) == 1
    assert visits_on_record(office, browser, member) == 1


def test_a_refused_note_says_why_and_is_corrected(browser: Browser, office: Office) -> None:
    reader = go_away(office, browser)
    page = reader.page
    person = page.locator(".person", has=page.locator(".tier-first")).nth(6)
    person.locator("[data-note=visit]").click()
    form = page.locator("#note-place form")
    form.locator("button.button").first.click()
    wait_for_state(page, "refused")
    assert "还没有填写核实的内容" in page.inner_text("#notes")
    reader.look()
    page.locator("[data-correct]").click()
    form.locator("input[value=document]").check()
    form.locator('input[name="income.wages"]').fill("36000")
    form.locator("#note").fill(NOTE)
    form.locator("button.button").first.click()
    wait_for_state(page, "sent")
    assert page.locator("#notes .visit").count() == 1


def _without_session(page: Page, office: Office) -> None:
    page.context.clear_cookies()


def _as_a_colleague(page: Page, office: Office) -> None:
    page.context.clear_cookies()
    colleague = Reader(page.context.new_page(), office.url)
    colleague.sign_in("keeper", office.passwords["keeper"])


@pytest.mark.parametrize(
    ("leave", "told"), [(_without_session, "登录已到期"), (_as_a_colleague, "属于账号 asker")]
)
def test_a_note_waits_for_the_session_of_who_noted_it(
    browser: Browser, office: Office, leave: Callable[[Page, Office], None], told: str
) -> None:
    reader = go_away(office, browser)
    page = reader.page
    leave(page, office)
    at = 7 if leave is _without_session else 8
    member = note_visit(page, at)
    wait_until_told(page, told)
    wait_for_state(page, "unsent")
    assert visits_on_record(office, browser, member) == 0
    page.context.clear_cookies()
    again = Reader(page.context.new_page(), office.url)
    again.sign_in("asker", office.passwords["asker"])
    page.locator("#send").click()
    wait_for_state(page, "sent")
    assert visits_on_record(office, browser, member) == 1
