"""A day with the identity provider's sign-in in a real browser, on two sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.core.settings import REDIRECT_PATH
from tests.support.console.browser import PHONE, Reader
from tests.support.service.identity_provider import IdentityProvider, identity_provider
from tests.support.service.ports import free_port
from tests.support.service.running import home_to_write_in, serving

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from playwright.sync_api import Browser

#: A form of another site that begins a sign-in at the console.
_FORGED = """(address) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def provider(browser: Browser, rsa: RSAPrivateKey) -> Iterator[IdentityProvider]:
    with identity_provider(rsa, {"u-17": (("officer",), ("*",))}) as found:
        yield found


@pytest.fixture(scope="module")
def url(
    provider: IdentityProvider, published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("signed-in-elsewhere"), free_port()
    provider.redirect = f"http://127.0.0.1:{port}{REDIRECT_PATH}"
    home = home_to_write_in(published_home, folder)
    with serving(home, folder / "log", port=port, **provider.settings()) as running:
        yield running.url


def _sign_in(reader: Reader, provider: IdentityProvider) -> None:
    """Press the button of the console, and sign in at the provider."""
    reader.page.locator("main form .button").first.click()
    reader.page.wait_for_url(f"{provider.issuer}/authorize?*")
    reader.page.get_by_label("name").fill("u-17")
    reader.page.get_by_role("button").click()


def test_an_officer_signs_in_at_the_provider_works_and_signs_out_at_both(
    browser: Browser, provider: IdentityProvider, url: str
) -> None:
    reader = Reader.at(browser, url, PHONE)
    reader.elsewhere, page = provider.issuer, reader.page
    reader.go("/console/villages")
    reader.press(page.get_by_role("button", name="English"))
    reader.go("/console/search")
    assert page.url == f"{url}/console/sign-in"
    reader.look()
    _sign_in(reader, provider)
    # What was wanted before is shown, with the cookies that no other site brings along.
    page.wait_for_url(f"{url}/console/search")
    names = {each["name"]: each for each in page.context.cookies(url)}
    session = names["rongzi-session"]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Strict")
    assert "rongzi-attempt" not in names
    reader.go("/console/villages")
    reader.look()
    page.goto(f"{provider.issuer}/end")
    page.evaluate("address => { location = address; }", f"{url}{REDIRECT_PATH}?state=a&code=b")
    page.wait_for_url(f"{url}{REDIRECT_PATH}?*")
    assert "You are not signed in" in page.inner_text("main")
    reader.look()
    reader.go("/console/villages")
    assert page.url == f"{url}/console/villages"
    reader.press(page.get_by_role("button", name="Sign out"))
    assert "signed out here" in page.inner_text("main")
    reader.look()
    page.get_by_role("button", name="Sign out at your organisation").click()
    page.wait_for_url(f"{provider.issuer}/end?*")
    page.get_by_role("button").click()
    page.wait_for_url(f"{url}/console/sign-in")
    reader.go("/console/villages")
    assert page.url == f"{url}/console/sign-in"
    # The provider asks again who it is.
    _sign_in(reader, provider)
    page.wait_for_url(f"{url}/console/villages")
    reader.look()


def test_another_site_signs_nobody_in_although_the_provider_knows_them(
    browser: Browser, provider: IdentityProvider, url: str
) -> None:
    reader = Reader.at(browser, url, PHONE)
    reader.elsewhere, page = provider.issuer, reader.page
    reader.go("/console/sign-in")
    _sign_in(reader, provider)
    page.wait_for_url(f"{url}/console/villages")
    page.context.clear_cookies(name="rongzi-session")
    provider.asked.clear()
    page.goto(f"{provider.issuer}/end")
    page.evaluate(_FORGED, f"{url}/console/sign-in/provider")
    page.wait_for_url(f"{url}/console/sign-in/provider")
    assert {each["name"] for each in page.context.cookies(url)} & {
        "rongzi-session", "rongzi-attempt",
    } == set()  # fmt: skip
    assert "/authorize" not in provider.asked
