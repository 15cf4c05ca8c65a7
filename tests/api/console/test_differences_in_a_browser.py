"""The page of differences in a real browser: with a form, and with the form that says too little.

The pages are those of a service in this process, whose ledger a test can write.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.bank import report_loan
from tests.support.console.browser import LANGUAGES, SIZES, Reader, chromium
from tests.support.console.visitor import BASE, Visitor
from tests.support.fixtures.branch import Branch

if TYPE_CHECKING:
    import httpx
    from playwright.sync_api import Route

PATH = "/console/differences"
WRONG = f"{PATH}?wrong"


@SIZES
@LANGUAGES
def test_the_page_and_a_refused_form_are_sound(
    branch: Branch, size: tuple[int, int], language: str
) -> None:
    answers = pages(branch, language)  # before the browser's loop runs in this thread

    def answer(route: Route) -> None:
        found = answers[route.request.url.removeprefix(BASE)]
        headers = {n: v for n, v in found.headers.items() if n != "content-length"}
        route.fulfill(status=200, headers=headers, body=found.content)

    with chromium() as browser:
        reader = Reader.at(browser, BASE, size)
        reader.page.route("**/*", answer)
        for path in (PATH, WRONG):
            reader.go(path)
            for each in reader.page.locator("details").all():
                each.evaluate("element => element.open = true")
            reader.look()


def pages(branch: Branch, language: str) -> dict[str, httpx.Response]:
    """Return the page of a difference, the page of a form refused, and what they load, by path."""
    report_loan(branch, "L-1", 4_000)
    reviewer = Visitor.of(branch, "reviewer")
    reviewer.cookies["__Host-rongzi-language"] = language
    page = reviewer.get(PATH)
    form = re.search(r'action="(/console/members/[^"]+/settlement)"', page.text)
    assert form, page.text
    found = {PATH: page, WRONG: reviewer.submit(page, form[1], note="短")}
    loaded = re.findall(r'(?:href|src)="(/console/static/[^"]+)"', page.text)
    return found | {path: reviewer.get(path) for path in loaded}
