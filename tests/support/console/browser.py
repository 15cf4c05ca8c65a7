"""A real browser at the console, which notes whatever a page does that it must not do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.paths import ROOT
from tests.support.prerequisites import lacking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PHONE, DESK = (360, 800), (1440, 900)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
_AXE = ROOT / "tests/support/console/assets/axe.min.js"
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: A page that is answered with a refusal, which the browser reports too.
_REFUSED = "Failed to load resource"
_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (each) =>
  window.violations.push(each.violatedDirective + " " + each.blockedURI));
"""
_SERIOUS = """async () => (await axe.run()).violations
  .filter((each) => ["serious", "critical"].includes(each.impact))
  .map((each) => each.id + ": " + each.nodes.map((node) => node.html).slice(0, 3).join(" | "))"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the machine's Chromium; without it or Playwright the test skips or fails."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    parts = {"playwright": find_spec("playwright"), "chromium": program}
    lacking(*(name for name, found in parts.items() if not found))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody at a screen of one size; `complaints` is what the pages did wrong so far.

    Attributes
    ----------
    elsewhere : str or None
        An address besides `base` that they go to themselves, such as an identity provider's.
    """

    page: Page
    base: str
    elsewhere: str | None = None
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, base: str, size: tuple[int, int]) -> Reader:
        """Return a reader with a browser of their own."""
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        context.set_default_timeout(60_000)
        context.add_init_script(_VIOLATIONS)
        reader = cls(context.new_page(), base)
        reader.page.on("console", reader._note_message)
        reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
        reader.page.on("request", lambda request: reader._note_address(request.url))
        return reader

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.base + path)

    def press(self, target: Locator) -> None:
        """Press a button or a link that leads to another page."""
        with self.page.expect_navigation():
            target.click()

    def sign_in(self, account: str, password: str, language: str = "zh") -> None:
        """Sign in, in a language."""
        self.go("/console/sign-in")
        if language == "en":
            self.press(self.page.get_by_role("button", name="English"))
        self.page.fill("#username", account)
        self.page.fill("#password", password)
        self.press(self.page.locator("main button.button"))

    def tab_to(self, target: Locator, most: int = 120) -> None:
        """Press the tabulator until `target` has the focus.

        Raises
        ------
        AssertionError
            If it cannot be reached.
        """
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"the keyboard does not reach {target}")

    def look(self) -> None:
        """Check the page that is shown.

        Raises
        ------
        AssertionError
            If it is wider than the screen, if axe finds something serious, or if a page so far
            complained, broke its policy, or asked another host.
        """
        page, size = self.page, self.page.viewport_size
        self.complaints += page.evaluate("window.violations")
        page.evaluate(_AXE.read_text(encoding="utf-8"))
        self.complaints += page.evaluate(_SERIOUS)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert size is None or wide <= size["width"], f"{page.url} is {wide} wide"
        assert self.complaints == [], page.url

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.complaints.append(message.text)

    def _note_address(self, address: str) -> None:
        if not address.startswith((self.base, self.elsewhere or self.base)):
            self.complaints.append(f"asked {address}")
